"""P02: Nothing is stored in or read from the browser without information and consent."""

import re
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_cookie_question import NOTHING
from tests.browser.visitor import LOCALES, Visitor
from tests.promises.conftest import PAGES, choice_of, opens
from tests.support.people import somebody
from tests.support.platform import Platform

pytestmark = [pytest.mark.promise("P02"), pytest.mark.asyncio(loop_scope="session")]

UNTOUCHED = {**NOTHING, "bytes": 0, "read": [], "others asked": set()}
# What tells one browser from another, and where a page could keep things: a script that reads it is written down.
WATCHING = """
    window.readings = [];
    const watch = (owner, ...names) => names.forEach((name) => {
        const own = Object.getOwnPropertyDescriptor(owner, name);
        const part = own.get ? 'get' : 'value';
        const noted = function (...given) { readings.push(name); return own[part].apply(this, given); };
        Object.defineProperty(owner, name, { ...own, [part]: noted });
    });
    watch(Navigator.prototype, 'userAgent', 'userAgentData', 'platform', 'plugins', 'mimeTypes', 'deviceMemory',
        'hardwareConcurrency', 'maxTouchPoints', 'connection', 'getBattery', 'mediaDevices', 'storage');
    watch(Screen.prototype, 'width', 'height', 'colorDepth');
    watch(HTMLCanvasElement.prototype, 'getContext', 'toDataURL');
    watch(Document.prototype, 'cookie', 'referrer');
    watch(window, 'localStorage', 'sessionStorage', 'indexedDB', 'caches');
"""
# The line of a purpose: its title, the data, what for, and who processes them.
LINE = re.compile(r".+: .+, (för att|for at|so that) .+\. (Behandlas av|Behandles av|Processed by) (?P<who>.+)\.")


async def traces(anna: Visitor) -> dict[str, Any]:
    """What the page has read, what it keeps, and whom it asked besides us."""
    return {
        "read": await anna.page.evaluate("[...window.readings]"),
        "others asked": {host for host in anna.hosts() if f"http://{host}" != anna.origin},
        "bytes": await anna.page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)"),
        **await anna.stored(),
    }


async def test_before_the_choice_no_page_stores_or_reads_anything_or_asks_anybody_else(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.page.add_init_script(WATCHING)
        for path in PAGES:
            await opens(anna, path)
            assert await traces(anna) == UNTOUCHED, path
        await anna.goes_to("/")
        assert await traces(anna) == UNTOUCHED
        assert anna.called("POST", "/api/analytics/events") == 0


async def test_after_a_no_the_choice_is_kept_without_an_id_and_nothing_else(visitor: Visit) -> None:
    async with visitor() as anna, visitor() as berit:
        await anna.page.add_init_script(WATCHING)
        for refusing in (anna, berit):
            await opens(refusing, "/")
            await refusing.answers_cookies("Avböj")
        for path in PAGES:
            await opens(anna, path)
            assert await traces(anna) == {**UNTOUCHED, "cookies": ["__Host-visitor"]}, path
        assert anna.called("POST", "/api/analytics/events") == 0
        assert await choice_of(anna) == await choice_of(berit), "what differs from browser to browser is an id"


async def test_a_page_that_reads_would_be_noticed(visitor: Visit) -> None:
    async with visitor() as anna:
        await anna.page.add_init_script(WATCHING)
        await opens(anna, "/")
        await anna.answers_cookies("Godkänn")
        await anna.page.wait_for_load_state("networkidle")
        assert (await traces(anna))["read"] == ["userAgent"], "to tell the kind of browser, as agreed to"


@pytest.mark.parametrize("language", LOCALES)
async def test_before_the_choice_data_purpose_and_processor_are_named_for_each_purpose(
    visitor: Visit, platform: Platform, language: str
) -> None:
    async with visitor(language=language) as anna, somebody(platform) as reader:
        policy = (await reader.browser.get("/api/policy")).json()
        await opens(anna, "/")
        lines = await anna.banner.locator("li").all_inner_texts()
        await anna.banner.locator("[data-variant=tertiary]").click()
        boxes = await anna.banner.locator(".purpose-box").all()
        facts = [await box.locator("dd").all_inner_texts() for box in boxes]
        assert await anna.stored() == NOTHING
    purposes = [one for one in policy["purposes"] if one["belongs_to"]["en"] == "the browser"]
    for purpose, line, (data, why, who) in zip(purposes, lines, facts, strict=True):
        said = LINE.fullmatch(line)
        assert said, line
        assert all((data, why))
        for processor in purpose["recipients"] or [policy["controller"]["name"]]:
            assert processor in said["who"]
            assert processor in who
