"""P03: Cookies can be configured and removed at any time in the banner."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_cookie_question import NOTHING
from tests.browser.visitor import Visitor
from tests.promises.conftest import PAGES, choice_of, in_force, moves_to, opens
from tests.support.people import Person, somebody
from tests.support.platform import Platform
from tests.support.pseudonyms import pseudonym_at_posthog
from tests.support.waiting import until

pytestmark = [pytest.mark.promise("P03"), pytest.mark.asyncio(loop_scope="session")]

TITLES = {"analytics": "Statistik", "marketing": "Marknadsföring"}
A_VIEW = {"event": "page_viewed", "properties": {"page": "/tools"}}


async def switches(anna: Visitor, purpose: str, *, on: bool) -> None:
    answer = f"{'Tillåt' if on else 'Avböj'}: {TITLES[purpose]}"
    await anna.presses(answer)
    await expect(anna.page.get_by_role("button", name=answer, exact=True, pressed=True)).to_be_visible()


async def name_at_posthog(anna: Visitor, copy: Person) -> str:
    """The pseudonym under which PostHog knows this browser; the copy keeps the cookie as it is now."""
    copy.browser.cookies = {"__Host-visitor": await choice_of(anna)}
    return await pseudonym_at_posthog(copy)


def names_at_posthog(platform: Platform) -> set[str]:
    return {event["distinct_id"] for event in platform.emu("posthog").get("events")}


async def test_one_press_leads_from_every_page_to_the_choices(visitor: Visit) -> None:
    async with visitor() as anna:
        await opens(anna, "/")
        await anna.answers_cookies("Avböj")
        for path in PAGES:
            await moves_to(anna, path)
            await anna.page.get_by_role("contentinfo").get_by_role("link", name="Cookies").click()
            for title in TITLES.values():
                await expect(anna.page.get_by_role("button", name=f": {title}")).to_have_text(["Avböj", "Tillåt"])


async def test_each_purpose_is_switched_alone_and_takes_with_it_the_id_and_all_that_it_set(
    visitor: Visit, platform: Platform
) -> None:
    async with somebody(platform) as reader:
        purposes = (await reader.browser.get("/api/policy")).json()["purposes"]
    assert {one["id"] for one in purposes if one["belongs_to"]["en"] == "the browser"} == set(TITLES)
    async with visitor() as anna, visitor() as berit:
        await opens(berit, "/")
        await berit.answers_cookies("Avböj")
        for purpose in TITLES:
            await opens(anna, "/cookies")
            await switches(anna, purpose, on=True)
            assert await in_force(anna) == {purpose}
            assert len(await choice_of(anna)) > len(await choice_of(berit))
            await opens(anna, "/cookies")
            await switches(anna, purpose, on=False)
            assert await in_force(anna) == set()
            assert await choice_of(anna) == await choice_of(berit)
            assert await anna.stored() == {**NOTHING, "cookies": ["__Host-visitor"]}


async def test_withdrawing_statistics_ends_them_for_the_browser_and_for_every_copy_of_its_cookie(
    visitor: Visit, platform: Platform
) -> None:
    async with visitor() as anna, somebody(platform) as copy:
        await opens(anna, "/tools")
        await anna.answers_cookies("Godkänn")
        old_name = await name_at_posthog(anna, copy)
        known = names_at_posthog(platform)

        await opens(anna, "/cookies")
        await switches(anna, "analytics", on=False)
        assert await in_force(anna) == {"marketing"}
        told = anna.called("POST", "/api/analytics/events")
        await anna.goes_to("/tools")
        await anna.goes_to("/cookies")
        assert anna.called("POST", "/api/analytics/events") == told
        await copy.browser.post("/api/analytics/events", A_VIEW)
        await until(lambda: old_name not in names_at_posthog(platform), 15)

        await switches(anna, "analytics", on=True)
        new_name = await name_at_posthog(anna, copy)
        assert names_at_posthog(platform) - known == {new_name}
