"""The cookie question: nothing before the answer, yes and no alike, and the answer can be taken back as easily."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import NARROWEST, PHONE, Visitor
from tests.support.platform import Platform

NOTHING = {"local": [], "session": [], "databases": [], "caches": [], "workers": 0, "cookies": []}
PAGES = ("/", "/policy", "/cookies", "/tools", "/tools/simplify", "/privacy", "/newsletter", "/login", "/register")


async def test_before_the_answer_nothing_is_stored_and_nobody_else_is_asked(visitor: Visit) -> None:
    async with visitor() as anna:
        for path in PAGES:
            await anna.goes_to(path)
            assert await anna.stored() == NOTHING, path
        assert {f"http://{host}" for host in anna.hosts()} == {anna.origin}
        assert anna.called("POST", "/api/analytics/events") == 0


async def test_the_question_names_data_purpose_and_processor_for_each_purpose(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        lines = await anna.banner.locator("li").all_inner_texts()
    assert len(lines) == 2
    for line, title, processor in zip(
        lines, ("Statistik", "Marknadsföring"), ("PostHog i EU", "Midgard AI AS"), strict=True
    ):
        assert line.startswith(f"{title}:")
        assert "för att" in line
        assert f"Behandlas av {processor}" in line.replace("oss själva, ", "")


async def test_the_title_names_both_purposes(visitor: Visit) -> None:
    titles = {
        "sv": "Får vi använda cookies för statistik och marknadsföring?",
        "nb": "Får vi bruke informasjonskapsler til statistikk og markedsføring?",
        "en": "May we use cookies for statistics and marketing?",
    }
    for language, title in titles.items():
        async with visitor(language=language) as anna:
            await anna.goes_to("/")
            await expect(anna.banner.get_by_role("heading")).to_have_text(title)


async def test_yes_and_no_have_the_same_size_weight_colours_and_row(visitor: Visit) -> None:
    for size in (None, PHONE, NARROWEST):
        async with visitor(**({"size": size} if size else {})) as anna:
            await anna.goes_to("/")
            looks = [await look_of(anna, name) for name in ("Avböj", "Godkänn")]
            assert looks[0] == looks[1], size


async def test_each_purpose_is_refused_and_allowed_alike_before_and_after_a_choice(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/cookies")
        for purpose in ("Statistik", "Marknadsföring"):
            looks = [await look_of(anna, f"{answer}: {purpose}") for answer in ("Avböj", "Tillåt")]
            assert looks[0] == looks[1], purpose
        refuse = anna.page.get_by_role("button", name="Avböj: Statistik")
        place = await refuse.bounding_box()
        await refuse.dblclick()
        await anna.reads("Sparat. Det gäller redan.")
        await expect(refuse).to_be_focused()
        await expect(refuse).to_have_attribute("aria-pressed", "true")
        assert await refuse.bounding_box() == place, "a second press would meet another button"
        await expect(anna.page.get_by_role("button", name="Tillåt: Statistik")).to_have_attribute(
            "aria-pressed", "false"
        )


@asynccontextmanager
async def old_tab(visitor: Visit) -> AsyncIterator[Visitor]:
    """A tab that read the state under an older policy than the one in force."""
    reads = 0

    async def first_is_old(route: Route) -> None:
        nonlocal reads
        reads += route.request.method == "GET"
        if route.request.method != "GET" or reads > 1:
            await route.continue_()
            return
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "notice_version": "2020-01-01"})

    async with visitor() as anna:
        await anna.page.route("**/api/consent", first_is_old)
        await anna.goes_to("/")
        yield anna


async def test_a_yes_under_an_older_policy_is_asked_for_again(visitor: Visit) -> None:
    async with old_tab(visitor) as anna:
        accept = anna.banner.get_by_role("button", name="Godkänn", exact=True)
        await accept.click()
        await anna.reads("Informationen har ändrats")
        await accept.click()
        await anna.reads("Sparat")
        await expect(anna.banner).to_have_count(0)


async def test_a_no_holds_under_any_policy(visitor: Visit) -> None:
    async with old_tab(visitor) as anna:
        await anna.banner.get_by_role("button", name="Avböj", exact=True).click()
        await anna.reads("Sparat")
        await expect(anna.banner).to_have_count(0)


async def look_of(anna: Visitor, name: str) -> dict[str, Any]:
    button = anna.page.get_by_role("button", name=name, exact=True)
    look: dict[str, Any] = json.loads(
        await button.evaluate(
            """element => {
                const { fontSize, fontWeight, color, backgroundColor, borderTopColor } = getComputedStyle(element);
                const { top, width, height } = element.getBoundingClientRect();
                const place = [top, width, height].map(Math.round);
                return JSON.stringify({ fontSize, fontWeight, color, backgroundColor, borderTopColor, place });
            }"""
        )
    )
    return look


async def test_choosing_for_oneself_offers_three_answers_of_equal_weight(visitor: Visit) -> None:
    for size in (None, PHONE, NARROWEST):
        async with visitor(**({"size": size} if size else {})) as anna:
            await anna.goes_to("/")
            await anna.presses("Välj själv")
            await expect(anna.banner.get_by_label("Statistik")).to_be_focused()
            await expect(anna.banner.get_by_role("button")).to_have_text(
                ["Avböj allt", "Godkänn allt", "Spara mina val"]
            )
            await anna.page.mouse.move(0, 0)
            looks = [await look_of(anna, name) for name in ("Avböj allt", "Godkänn allt", "Spara mina val")]
            for look in looks:
                look["place"] = look["place"][1:]
            assert looks[0] == looks[1] == looks[2], size


async def test_a_double_click_on_choosing_for_oneself_answers_nothing(visitor: Visit) -> None:
    for size in (None, PHONE, NARROWEST):
        async with visitor(**({"size": size} if size else {})) as anna:
            await anna.goes_to("/")
            await anna.page.get_by_role("button", name="Välj själv").dblclick()
            await expect(anna.banner.get_by_role("checkbox")).to_have_count(2)
            await anna.page.wait_for_timeout(300)
            assert anna.called("PUT", "/api/consent") == 0, size
            await expect(anna.banner).to_be_visible()


async def test_a_refusal_is_one_press_is_confirmed_and_is_not_asked_again(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        await anna.presses("Avböj")
        await expect(anna.banner).to_have_count(0)
        await anna.reads("Ditt val är sparat.")
        await expect(anna.page.locator(".receipt").get_by_role("link")).to_have_count(0)
        await expect(anna.page.locator("#content")).to_be_focused()
        assert (await anna.stored())["cookies"] == ["__Host-visitor"]
        await anna.goes_to("/tools")
        await expect(anna.page.get_by_role("heading", level=1)).to_have_text("Verktyg")
        await expect(anna.banner).to_have_count(0)
        assert anna.called("POST", "/api/analytics/events") == 0


async def test_no_box_is_ticked_beforehand_and_one_purpose_can_be_chosen_alone(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        await anna.presses("Välj själv")
        boxes = anna.banner.get_by_role("checkbox")
        await expect(boxes).to_have_count(2)
        assert [await box.is_checked() for box in await boxes.all()] == [False, False]
        await anna.banner.get_by_label("Statistik").check()
        await anna.presses("Spara mina val")
        await anna.reads("Ditt val är sparat.")
        await anna.goes_to("/cookies")
        for pressed in ("Tillåt: Statistik", "Avböj: Marknadsföring"):
            await expect(anna.page.get_by_role("button", name=pressed)).to_have_attribute("aria-pressed", "true")


async def test_the_confirmation_leads_to_the_history_and_goes_by_itself(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.page.clock.install()
        await anna.goes_to("/")
        await anna.presses("Godkänn")
        confirmation = anna.page.locator(".receipt")
        await expect(confirmation.get_by_role("link", name="Se alla dina val")).to_be_visible()
        await confirmation.hover()
        await anna.page.clock.run_for(20_000)
        await expect(confirmation).to_be_visible()
        await anna.page.mouse.move(0, 0)
        await anna.page.clock.run_for(9_000)
        await expect(confirmation).to_have_count(0)


async def test_after_a_yes_page_views_are_told_by_template_and_a_withdrawal_is_one_press(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/tools/simplify")
        async with anna.page.expect_request("**/api/analytics/events") as told:
            await anna.presses("Godkänn")
        await anna.reads("Ditt val är sparat.")
        body = (await told.value).post_data_json
        assert body == {"event": "page_viewed", "properties": {"page": "/tools/:tool", "browser": "chrome"}}
        await anna.page.get_by_role("button", name="Återkalla: Du har godkänt cookies.").click()
        await expect(anna.page.get_by_role("button", name="Återkalla: Du har godkänt cookies.")).to_have_count(0)
        before = anna.called("POST", "/api/analytics/events")
        await anna.goes_to("/newsletter")
        assert anna.called("POST", "/api/analytics/events") == before


async def test_every_choice_has_its_receipt_in_the_history(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        await anna.presses("Godkänn")
        await anna.reads("Ditt val är sparat.")
        await anna.goes_to("/cookies")
        await anna.page.get_by_role("button", name="Avböj: Marknadsföring").click()
        await anna.reads("Sparat. Det gäller redan.")
        history = anna.page.locator("section", has_text="När du säger ja till något").locator("li")
        await expect(history).to_have_count(2)
        await expect(history.first).to_contain_text("Marknadsföring: Nej")
        await expect(history.last).to_contain_text("Marknadsföring: Ja")


async def test_a_full_refusal_shows_its_receipt_although_the_browser_is_then_a_stranger(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/cookies")
        await anna.presses("Avböj allt")
        await anna.reads("Sparat. Det gäller redan.")
        history = anna.page.locator("section", has_text="När du säger ja till något")
        await expect(history.locator("li")).to_have_count(1)
        await expect(history.locator("li")).to_contain_text("Statistik: Nej")
        await anna.goes_to("/cookies")
        await expect(history).to_contain_text("inget nummer som vi kan känna igen den på")
        await expect(history).to_contain_text("Det finns inga kvitton att visa.")


async def test_a_browser_that_asks_for_privacy_is_told_that_it_counts_as_a_no(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
        await anna.goes_to("/")
        await anna.reads("Vi räknar det som ett nej")
        assert await anna.stored() == NOTHING


async def test_the_question_covers_neither_focus_nor_the_end_of_the_page(visitor: Visit) -> None:
    async with visitor(size=PHONE) as anna:
        await anna.goes_to("/")
        last = anna.page.locator("footer").get_by_role("link").last
        await last.focus()
        place, cover = await last.bounding_box(), await anna.banner.bounding_box()
    assert place
    assert cover
    assert place["y"] + place["height"] <= cover["y"]


async def covered_by_the_question(anna: Visitor) -> list[str]:
    """What has the focus and cannot be seen at all, on a walk through the page."""
    hidden = []
    for _ in range(60):
        await anna.page.keyboard.press("Tab")
        found = await anna.page.evaluate(
            """() => {
                const { activeElement: at } = document, banner = document.querySelector('.banner');
                if (at === document.body || banner.contains(at)) return '';
                const { top, bottom } = at.getBoundingClientRect();
                const covered = top >= banner.getBoundingClientRect().top || bottom <= 0;
                return covered ? at.outerHTML.slice(0, 80) : '';
            }"""
        )
        if found:
            hidden.append(found)
    return hidden


async def test_the_question_is_reached_first_and_hides_nothing_that_has_the_focus(visitor: Visit) -> None:
    async with visitor(size={"width": 360, "height": 640}) as anna:
        for path in ("/", "/policy", "/login", "/tools/simplify"):
            await anna.goes_to(path)
            await anna.page.keyboard.press("Tab")
            await anna.page.keyboard.press("Tab")
            await expect(anna.banner.get_by_role("button", name="Avböj")).to_be_focused()
            assert await covered_by_the_question(anna) == [], path
        await anna.presses("Välj själv")
        for name in ("Avböj allt", "Godkänn allt", "Spara mina val"):
            await expect(anna.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        assert await covered_by_the_question(anna) == []


async def test_the_platform_is_down_and_the_page_says_so(visitor: Visit, platform: Platform) -> None:
    async with visitor() as anna:
        await anna.page.route("**/api/**", lambda route: route.fulfill(status=503, body=""))
        await anna.goes_to("/tools")
        await anna.reads("Tjänsten svarar inte just nu")
        await anna.page.unroute("**/api/**")
        await anna.presses("Försök igen")
        await anna.reads("Förenkla")
