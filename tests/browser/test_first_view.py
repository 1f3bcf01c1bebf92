"""The first view: small, quick on a phone, still while it loads, and usable by keyboard alone."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor

DIST = Path("web/dist")
SCRIPT_BYTES_MAX = 60_000
STYLE_BYTES_MAX = 40_000
USABLE_WITHIN_MS = 1_000
VISITS_MAX = 5
# "4G" as a mid-range phone has it: 9 Mbit/s, 85 ms there and back, a processor a quarter as fast as ours.
NETWORK = {"offline": False, "latency": 85, "downloadThroughput": 9e6 / 8, "uploadThroughput": 1.5e6 / 8}
SLOWER = 4


def packed_size(anna: Visitor, ending: str) -> int:
    paths = {urlsplit(request.url).path for request in anna.requests}
    return sum(len(gzip.compress((DIST / path[1:]).read_bytes())) for path in paths if path.endswith(ending))


async def test_the_first_view_is_small(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        script, style = packed_size(anna, ".js"), packed_size(anna, ".css")
    assert 0 < script <= SCRIPT_BYTES_MAX
    assert 0 < style <= STYLE_BYTES_MAX


async def test_what_the_first_view_loads_goes_out_packed(visitor: Visit) -> None:
    async with visitor() as anna:
        answers = []
        anna.page.on("response", lambda response: answers.append(response))  # noqa: PLW0108  # Playwright marks it
        await anna.goes_to("/")
        files = [one for one in answers if re.search(r"/$|\.(js|css|svg)$", urlsplit(one.url).path)]
        assert len(files) >= 3
        assert {one.headers.get("content-encoding") for one in files} <= {"br", "gzip"}


async def test_the_speech_sdk_is_not_loaded_before_the_microphone_is_asked_for(visitor: Visit) -> None:
    async with visitor() as anna:
        for path in ("/", "/tools", "/tools/simplify"):
            await anna.goes_to(path)
        assert not [request.url for request in anna.requests if "/voice" in request.url]


async def first_view(visitor: Visit) -> tuple[float, float]:
    """When the first view was usable, in milliseconds, and how far it jumped (the layout shift of web vitals)."""
    async with visitor(size=PHONE) as anna:
        session = await anna.context.new_cdp_session(anna.page)
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", NETWORK)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await anna.page.add_init_script(
            """window.shift = 0;
            new PerformanceObserver(list => {
                for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
            }).observe({ type: 'layout-shift', buffered: true });
            new MutationObserver((_, watching) => {
                if (!document.querySelector('h1')) return;
                window.usable = performance.now();
                watching.disconnect();
            }).observe(document, { subtree: true, childList: true });"""
        )
        await anna.goes_to("/")
        await expect(anna.banner).to_be_visible()
        usable, shift = await anna.page.evaluate("[window.usable, window.shift]")
    return usable, shift


async def test_the_first_view_is_usable_within_a_second_on_a_phone_and_does_not_jump(visitor: Visit) -> None:
    """The quickest of some visits counts: what else the machine is doing makes the others slower."""
    usable: list[float] = []
    while len(usable) < VISITS_MAX and min(usable, default=USABLE_WITHIN_MS + 1) > USABLE_WITHIN_MS:
        milliseconds, shift = await first_view(visitor)
        usable.append(milliseconds)
        assert shift < 0.01
    assert min(usable) <= USABLE_WITHIN_MS


async def focused(anna: Visitor) -> str:
    name: str = await anna.page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )
    return name.strip()


async def test_the_page_is_walked_by_keyboard_from_the_skip_link_on(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        names = []
        for _ in range(12):
            await anna.page.keyboard.press("Tab")
            names.append(await focused(anna))
            box = await anna.page.evaluate("(b => [b.width, b.height])(document.activeElement.getBoundingClientRect())")
            outline = await anna.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert min(box) >= 24 or names[-1] == "Hoppa till innehållet"
            assert outline != "none" or names[-1] == "Hoppa till innehållet"
        assert names[:5] == ["Hoppa till innehållet", "Avböj", "Godkänn", "Välj själv", "Läs hela integritetspolicyn"]
        assert names[5:8] == ["Larabot, till startsidan", "Verktyg", "Din integritet"]


async def test_the_skip_link_leads_to_the_content(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/policy")
        await anna.page.keyboard.press("Tab")
        await anna.page.keyboard.press("Enter")
        assert await anna.page.evaluate("document.activeElement.id") == "content"


async def test_a_change_of_page_moves_focus_to_its_title_and_names_it(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        await anna.answers_cookies()
        await anna.page.get_by_role("link", name="Till verktygen").click()
        await expect(anna.page.get_by_role("heading", level=1)).to_be_focused()
        await expect(anna.page).to_have_title("Verktyg – Larabot")  # noqa: RUF001  # as the page writes it


async def test_the_language_is_chosen_in_the_address_and_carried_along(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/")
        await anna.page.get_by_role("link", name="Norsk").click()
        await expect(anna.page.locator("html")).to_have_attribute("lang", "nb")
        await anna.page.get_by_role("link", name="Verktøy", exact=True).click()
        await expect(anna.page).to_have_url(f"{anna.origin}/tools?lang=nb")
        await anna.reads("Forenkle")
        assert (await anna.stored())["cookies"] == []


async def test_the_browsers_language_decides_a_first_visit(visitor: Visit) -> None:
    for language, title in (("sv", "Verktyg"), ("nb", "Verktøy"), ("en", "Tools")):
        async with visitor(language=language) as anna:
            await anna.goes_to("/tools")
            await expect(anna.page.get_by_role("heading", level=1)).to_have_text(title)


async def test_large_text_and_double_zoom_need_no_sideways_scrolling(visitor: Visit) -> None:
    async with visitor(size={"width": 640, "height": 430}, device_scale_factor=2) as anna:
        for path in ("/", "/policy", "/cookies", "/tools/simplify", "/privacy", "/login"):
            await anna.goes_to(path)
            assert not await anna.overflows(), path


async def test_losing_the_network_is_said_and_what_is_written_stays(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.goes_to("/newsletter")
        await anna.answers_cookies()
        await anna.fills(email="anna@skola.example")
        await anna.context.set_offline(True)
        await anna.reads("Du är offline.")
        await anna.page.get_by_label("Ja, jag samtycker till att få nyhetsbrevet").check()
        await anna.presses("Skicka mig en bekräftelse")
        await anna.reads("Du verkar vara offline")
        await expect(anna.page.locator("[name=email]")).to_have_value("anna@skola.example")
        anna.complaints.clear()
        await anna.context.set_offline(False)
        await expect(anna.page.get_by_text("Du är offline.")).to_have_count(0)
