"""P25: Access: the package contains every planted item, and purposes, recipients, retention, source, rights."""

import asyncio
import io
import json
import re
import zipfile
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.pseudonyms import pseudonym_at_posthog
from tests.support.rights import CaseFollowed, rows_by_store
from tests.support.upstream import requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.promise("P25"), pytest.mark.xdist_group("p25")]

RIGHTS = {
    "sv": ("tillgång", "rättelse", "radering", "begränsning", "överföring", "invända", "återkalla", "klaga"),
    "nb": ("innsyn", "retting", "sletting", "begrensning", "overføring", "protestere", "samtykke", "klage"),
    "en": ("access", "rectification", "erasure", "restriction", "portability", "object", "withdraw", "complain"),
}


@dataclass
class Package:
    """What somebody downloaded, and what they had left with us."""

    data: dict[str, Any]
    page: str
    planted: dict[str, str]


@pytest.fixture(scope="module")
def package(platform: Platform) -> Package:
    return asyncio.run(lived_and_asked(platform))


async def lived_and_asked(platform: Platform) -> Package:
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics") as anna:
        planted = {"e-mail": anna.email, "name": anna.name}
        await anna.uses("Solen skiner och barnen leker.")
        assert (await anna.browser.post("/api/speech/token")).status_code == 200
        event = {"event": "page_viewed", "properties": {"page": "/tools"}}
        assert (await anna.browser.post("/api/analytics/events", event)).status_code == 204
        await anna.subscribes()
        await until(lambda: requests_with(platform, anna.canary, "brevo"), 10)
        planted["pseudonym at PostHog"] = await pseudonym_at_posthog(anna)
        planted["account"] = (await anna.me())["account_id"]
        planted["session"] = (await anna.browser.get("/api/auth/sessions")).json()["sessions"][0]["id"]
        receipts = (await anna.browser.get("/api/consent/receipts")).json()["receipts"]
        planted["consent receipt"] = receipts[0]["receipt_id"]
        planted["a wish"] = f"Rätta mitt namn, tack. {anna.canary}"
        rectification = await anna.invokes("rectification", details=planted["a wish"])
        planted["case"] = rectification["id"]
        return await downloaded(anna, planted)


async def downloaded(anna: Person, planted: dict[str, str]) -> Package:
    case = CaseFollowed(anna, await anna.invokes("access"))
    await case.until("closed")
    answer = await anna.browser.get(f"/api/privacy/requests/{case.id}/package")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        data = json.loads(files.read("data.json"))
        return Package(data, unescape(files.read("data.html").decode()), planted)


ITEMS = ("e-mail", "name", "account", "session", "consent receipt", "a wish", "case", "pseudonym at PostHog")


@pytest.mark.parametrize("item", ITEMS)
def test_every_planted_item_is_in_the_file_for_programs(package: Package, item: str) -> None:
    assert package.planted[item] in json.dumps(package.data, ensure_ascii=False)


@pytest.mark.parametrize("item", ITEMS)
def test_every_planted_item_is_on_the_page_for_people(package: Package, item: str) -> None:
    assert package.planted[item] in package.page


def test_every_holder_speaks_brevo_and_posthog_included(package: Package) -> None:
    stores = rows_by_store(package.data)
    assert {service for service, _ in stores} >= {"auth", "textproxy", "speechtoken", "consent", "newsletter", "dsar"}
    assert ("newsletter", "brevo") in stores
    assert ("analytics", "posthog") in stores


@pytest.mark.parametrize("member", ["purpose", "legal_basis", "retention", "source", "categories", "recipients"])
def test_every_store_tells_what_article_15_wants_told(package: Package, member: str) -> None:
    stores = [store for service in package.data["services"] for store in service["stores"]]
    assert [store["store"] for store in stores if member not in store] == []
    assert all(store[member] for store in stores if member != "recipients")


def test_the_recipients_are_named(package: Package) -> None:
    told = {name for service in package.data["services"] for store in service["stores"] for name in store["recipients"]}
    assert {"Brevo"} <= told
    assert "Brevo" in package.page


def test_the_page_names_who_answers_and_where_to_complain(package: Package) -> None:
    for word in ("Midgard AI AS", "932739798", "kontakt@larabot.se", "IMY", "Datatilsynet"):
        assert word in package.page


def test_the_data_alone_names_them_too(package: Package) -> None:
    """Whoever takes the JSON form has no page beside it."""
    assert package.data["controller"]["name"] == "Midgard AI AS"
    assert {"access", "rectification", "erasure", "restriction", "portability", "objection"} == {
        *package.data["rights"]
    }
    assert {one["url"] for one in package.data["complain_to"]} == {"https://www.imy.se", "https://www.datatilsynet.no"}


def test_no_secret_and_no_hash_of_one_leaves_the_house(package: Package) -> None:
    shown = json.dumps(package.data) + package.page
    assert "argon2" not in shown
    assert not re.search(r"(password|token|secret)_hash", shown)


def test_nothing_of_the_text_is_in_it_since_nothing_is_kept(package: Package) -> None:
    assert "barnen leker" not in json.dumps(package.data, ensure_ascii=False)


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_the_page_tells_of_the_rights_in_the_readers_language(platform: Platform, language: str) -> None:
    async with somebody(platform, **{"Accept-Language": language}) as anna:
        await anna.registers()
        await anna.logs_in()
        found = await downloaded(anna, {})
    untold = [word for word in RIGHTS[language] if word not in found.page.lower()]
    assert untold == []
    assert f'lang="{language}"' in found.page
