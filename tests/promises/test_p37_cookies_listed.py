"""P37: The cookies are listed.

Before an answer and after a no, P02 looks at every page: nothing but the choice is kept.
"""

import time
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_text_tool import sends
from tests.browser.visitor import Visitor
from tests.promises.conftest import PAGES, moves_to, opens
from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform

pytestmark = [pytest.mark.promise("P37"), pytest.mark.asyncio(loop_scope="session")]

DAY_SECONDS = 86_400


async def kept_now(anna: Visitor) -> set[str]:
    """The names of all that the browser keeps, for us and for anybody else."""
    kept = await anna.stored()
    entries = {name for name, _ in [*kept["local"], *kept["session"]]}
    workers = {"a service worker"} if kept["workers"] else set()
    return {*kept["cookies"], *entries, *kept["databases"], *kept["caches"], *workers}


async def kept_on_every_page(anna: Visitor) -> set[str]:
    found: set[str] = set()
    for path in PAGES:
        await moves_to(anna, path)
        found |= await kept_now(anna)
    await anna.goes_to("/")
    return found | await kept_now(anna)


async def signs_in(anna: Visitor, person: Person) -> None:
    await opens(anna, "/login")
    await anna.fills(email=person.email, password=person.password)
    await anna.presses("Logga in")
    await expect(anna.page.get_by_role("button", name="Logga ut")).to_be_visible()


async def uses_a_tool(anna: Visitor) -> None:
    """By voice and by text."""
    await opens(anna, "/tools/simplify")
    await anna.presses("Tala in")
    await anna.presses("Öppna mikrofonen")
    await anna.reads("Lyssnar.")
    await anna.presses("Sluta lyssna")
    await sends(anna)
    await expect(anna.page.get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)


async def listed(platform: Platform) -> dict[str, dict[str, Any]]:
    async with somebody(platform) as reader:
        rows = (await reader.browser.get("/api/policy")).json()["cookies"]
    return {row["name"]: row for row in rows}


async def test_what_is_found_on_every_page_in_every_state_is_what_is_listed(visitor: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools", "voice_tools") as person, visitor() as anna:
        await opens(anna, "/")
        undecided = await kept_now(anna)
        await anna.answers_cookies("Avböj")
        refused = await kept_now(anna)
        await opens(anna, "/cookies")
        await anna.presses("Godkänn allt")
        await anna.reads("Sparat. Det gäller redan.")
        accepted = await kept_on_every_page(anna)
        await signs_in(anna, person)
        await uses_a_tool(anna)
        signed_in = await kept_on_every_page(anna)
    assert undecided | refused | accepted | signed_in == set(await listed(platform))


async def test_each_cookie_is_ours_and_kept_for_as_long_as_listed(visitor: Visit, platform: Platform) -> None:
    rows = await listed(platform)
    async with a_teacher(platform) as person, visitor() as anna:
        await signs_in(anna, person)
        await anna.answers_cookies("Godkänn")
        cookies = await anna.context.cookies()
        await anna.presses("Logga ut")
        await expect(anna.page.get_by_role("button", name="Logga ut")).to_have_count(0)
        assert await kept_now(anna) == {"__Host-visitor"}
    assert {cookie["name"] for cookie in cookies} == set(rows)
    for cookie in cookies:
        days = round((cookie["expires"] - time.time()) / DAY_SECONDS)
        said = "until you sign out or close the browser" if cookie["expires"] < 0 else f"{days} days"
        assert rows[cookie["name"]]["kept"]["en"].startswith(said)
        assert (cookie["domain"], rows[cookie["name"]]["set_by"]) == ("localhost", "Larabot")


async def test_the_page_about_cookies_shows_the_list(visitor: Visit, platform: Platform) -> None:
    async with visitor() as anna:
        await opens(anna, "/cookies")
        names = anna.page.get_by_role("table", name="Alla cookies vi använder").locator("tbody tr td:first-child")
        await expect(names).to_have_text(list(await listed(platform)))
