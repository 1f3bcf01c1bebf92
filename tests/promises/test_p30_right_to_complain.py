"""P30: The right to complain to IMY or Datatilsynet is told."""

import io
import zipfile

import pytest

from tests.support.notice import notice_of
from tests.support.people import somebody
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed

pytestmark = pytest.mark.promise("P30")

AUTHORITIES = ("imy.se", "datatilsynet.no")


def untold(document: str) -> list[str]:
    return [authority for authority in AUTHORITIES if authority not in document]


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_package_certificate_and_every_letter_of_a_case_name_both_authorities(
    platform: Platform, language: str
) -> None:
    async with somebody(platform, **{"Accept-Language": language}) as anna:
        await anna.registers()
        await anna.logs_in()
        access = CaseFollowed(anna, await anna.invokes("access"))
        await access.until("closed")
        packed = (await anna.browser.get(f"/api/privacy/requests/{access.id}/package")).content
        with zipfile.ZipFile(io.BytesIO(packed)) as package:
            documents = [package.read(name).decode() for name in ("data.json", "data.html")]
        erasure = CaseFollowed(anna, await anna.invokes("erasure"))
        await erasure.until("closed")
        documents.append(await erasure.readable_certificate())
        last = await platform.next_mail(anna.email, page=f"/privacy/requests/{erasure.id}", after=1)
        letters = platform.mail(anna.email)
    assert last in letters
    assert [untold(document) for document in documents] == [[]] * 3
    assert [letter["subject"] for letter in letters if untold(letter["text"]) or untold(letter["html"])] == []


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
async def test_the_notice_tells_of_the_right_and_of_both_authorities(platform: Platform, language: str) -> None:
    text = await notice_of(platform, language)
    assert {"sv": "klaga", "nb": "klage", "en": "complain"}[language] in text
    assert all(name in text for name in ("Integritetsskyddsmyndigheten", "Datatilsynet"))
