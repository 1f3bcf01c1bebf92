"""Pages outside the web app: opened at their address they are styled, accessible and whole, and run nothing."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, NARROWEST, Visitor
from tests.support.people import Person, a_teacher
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed

SCREENS = Path(".artifacts/screens")

Opening = Callable[[Visitor, Person], Awaitable[None]]


async def opens_the_api(anna: Visitor, person: Person) -> None:
    await anna.goes_to("/api/docs")


async def opens_a_package(anna: Visitor, person: Person) -> None:
    case = CaseFollowed(person, await person.invokes("access"))
    await case.until("closed")
    await anna.goes_to(f"/api/privacy/requests/{case.id}/package")


async def opens_a_certificate(anna: Visitor, person: Person) -> None:
    opened = await person.invokes("erasure")
    await CaseFollowed(person, opened).until("closed")
    await anna.page.set_extra_http_headers({"X-Case-Secret": opened["case_secret"]})
    await anna.goes_to(f"/api/privacy/requests/{opened['id']}/certificate")


async def test_without_script_the_site_says_so_and_how_to_reach_us(visitor: Visit) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with visitor(java_script_enabled=False) as anna:
        await anna.goes_to("/newsletter")
        await expect(anna.page.get_by_role("heading").first).to_be_in_viewport()
        for size in (DESKTOP, NARROWEST):
            await anna.page.set_viewport_size(size)
            await anna.page.screenshot(path=SCREENS / f"plain-no-script.light.{size['width']}.png", full_page=True)
        for language, word in (("sv", "behöver"), ("nb", "trenger"), ("en", "needs")):
            words = anna.page.locator(f"section[lang={language}]")
            await expect(words.get_by_role("heading")).to_contain_text(f"{word} JavaScript")
            await expect(words.get_by_role("link", name="kontakt@larabot.se")).to_be_visible()


@pytest.mark.parametrize("opens", [opens_the_api, opens_a_package, opens_a_certificate])
async def test_a_plain_page_is_styled_accessible_and_whole(
    opens: Opening, signed_in: Visit, platform: Platform
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens(anna, person)
        assert await anna.page.evaluate("getComputedStyle(document.body).maxWidth") == "960px"
        for scheme in ("light", "dark"):
            await anna.page.emulate_media(color_scheme=scheme)
            for size in (DESKTOP, NARROWEST):
                await anna.page.set_viewport_size(size)
                assert not await anna.overflows()
                look = f"plain-{opens.__name__}.{scheme}.{size['width']}"
                await anna.page.screenshot(path=SCREENS / f"{look}.png", full_page=True)
            assert await violations(anna) == []
