"""P35: The controller and the contact address are named."""

import json
from pathlib import Path

import pytest

from tests.support.people import Person, somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed

pytestmark = pytest.mark.promise("P35")

NAMED = ("Midgard AI AS", "932739798", "kontakt@larabot.se")


def unnamed(document: str) -> list[str]:
    return [word for word in NAMED if word not in document.replace("932 739 798", "932739798")]


async def cause_every_letter(anna: Person) -> CaseFollowed:
    """Register twice, subscribe, choose a new password, ask for a copy, ask by address, be erased."""
    await anna.registers()
    await anna.asks()
    await anna.logs_in()
    await anna.subscribes()
    await anna.browser.post("/api/auth/password/forgot", {"email": anna.email})
    await anna.browser.post("/api/privacy/lookups", {"email": anna.email})
    await CaseFollowed(anna, await anna.invokes("access")).until("closed")
    case = CaseFollowed(anna, await anna.invokes("erasure"))
    await case.until("closed")
    return case


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_every_letter_names_who_writes_in_both_its_forms(platform: Platform, language: str) -> None:
    async with somebody(platform, **{"Accept-Language": language}) as anna:
        await cause_every_letter(anna)
        letters = platform.mail(anna.email)
    assert len({letter["subject"] for letter in letters}) >= 8
    assert [letter["subject"] for letter in letters if unnamed(letter["text"]) or unnamed(letter["html"])] == []
    assert [letter["subject"] for letter in letters if f'<html lang="{language}">' not in letter["html"]] == []


async def test_the_certificate_names_them(platform: Platform, tmp_path: Path) -> None:
    async with somebody(platform) as anna:
        case = await cause_every_letter(anna)
        certificate = (await case.certificate(tmp_path)).read_text()
        page = await case.readable_certificate()
    assert (unnamed(certificate), unnamed(page)) == ([], [])


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_the_notice_names_them(platform: Platform, language: str) -> None:
    async with somebody(platform) as visitor:
        policy = (await visitor.browser.get("/api/policy")).json()
        text = (await visitor.browser.get(f"/api/policy/{policy['version']}/{language}")).json()["markdown"]
    assert (unnamed(json.dumps(policy["controller"])), unnamed(text)) == ([], [])
