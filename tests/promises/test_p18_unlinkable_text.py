"""P18: Azure OpenAI gets nothing that links text to a person, address included."""

import re
import secrets

import pytest

from tests.support.canary import Canary
from tests.support.people import Person, a_teacher, run
from tests.support.platform import Platform
from tests.support.texts import TOOLS, Marked
from tests.support.upstream import Request, raw

pytestmark = pytest.mark.promise("P18")

TRACE_ID = re.compile(rb"\b[0-9a-f]{32}\b")
# More than a pool holds that only one person after the other uses.
TEXTS_MAX = 12


async def links_of(anna: Person) -> dict[str, Canary]:
    """Everything by which somebody could be found again."""
    me = await anna.me()
    session = (await anna.browser.get("/api/auth/sessions")).json()["sessions"][0]["id"]
    links = {
        "address of the mailbox and name": anna.canary,
        "account": Canary(me["account_id"]),
        "session": Canary(session),
        "session cookie": Canary(anna.browser.cookies["__Host-session"]),
        "visitor cookie": Canary(anna.browser.cookies["__Host-visitor"]),
    }
    if anna.browser.address:
        links["address on the network"] = Canary(anna.browser.address)
    return links


def linked(requests: list[Request], links: dict[str, Canary]) -> list[str]:
    return [name for request in requests for name, canary in links.items() if canary.is_in(raw(request))]


@pytest.mark.parametrize("tool", TOOLS)
async def test_no_byte_of_a_request_tells_who_asks(platform: Platform, tool: str) -> None:
    async with a_teacher(platform, "text_tools", "analytics") as anna:
        text = Marked(tool)
        await text.used_by(anna)
        requests = await text.seen_by_the_vendor(platform)
        assert linked(requests, await links_of(anna)) == []


async def test_what_a_browser_or_proxy_adds_is_not_passed_on(platform: Platform) -> None:
    added = {name: Canary() for name in ("agent", "cookie", "referrer", "header", "state")}
    trace = secrets.token_hex(16)
    headers = {
        "User-Agent": f"Mozilla/5.0 {added['agent']}",
        "Referer": f"{platform.url}/tools?{added['referrer']}",
        "X-Forwarded-For": "203.0.113.77",
        "Forwarded": "for=203.0.113.77",
        "X-Request-Id": str(added["header"]),
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
        "tracestate": f"v={added['state']}",
        "baggage": f"user={added['header']}",
    }
    async with a_teacher(platform, "text_tools") as anna:
        anna.browser.cookies["other"] = str(added["cookie"])
        text = Marked("simplify")
        answer = await anna.browser.post("/api/text/simplify", run(text.text, stream=False), headers=headers)
        assert answer.status_code == 200, answer.text
        (request,) = await text.seen_by_the_vendor(platform)
    assert linked([request], {**added, "trace": Canary(trace), "address": Canary("203.0.113.77")}) == []
    assert TRACE_ID.findall(raw(request)) == []


async def connection_of_a_text(person: Person) -> str:
    """The connection through which a new text of this person reached the vendor."""
    text = Marked("simplify")
    await text.used_by(person)
    (request,) = await text.seen_by_the_vendor(person.platform)
    return str(request["connection"])


async def connections_until_one_returns(person: Person) -> set[str]:
    """The connections of a person's texts until one is used again, and with it all of those that take turns."""
    seen: set[str] = set()
    for _ in range(TEXTS_MAX):
        connection = await connection_of_a_text(person)
        if connection in seen:
            return seen
        seen.add(connection)
    raise AssertionError(f"{TEXTS_MAX} texts came through as many connections")


async def test_all_people_come_through_the_same_connections(platform: Platform) -> None:
    """Two people come through the same connections, so a connection is nobody.

    The second one has several texts, since the first one's connection is free again only a little after its text.
    """
    async with a_teacher(platform, "text_tools") as anna, a_teacher(platform, "text_tools") as berit:
        of_anna = await connections_until_one_returns(anna)
        of_berit: list[str] = []
        while not of_anna.intersection(of_berit) and len(of_berit) < TEXTS_MAX:
            of_berit.append(await connection_of_a_text(berit))
    assert of_anna.intersection(of_berit)


async def test_two_people_with_the_same_text_send_the_same_bytes(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna, a_teacher(platform, "text_tools") as berit:
        text = Marked("simplify")
        for person in (anna, berit):
            await text.used_by(person)
        first, second = await text.seen_by_the_vendor(platform)
    assert raw(first) == raw(second)


async def test_the_vendor_is_not_asked_to_keep_anything(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        text = Marked("simplify")
        await text.used_by(anna)
        (request,) = await text.seen_by_the_vendor(platform)
    for member in (b'"user"', b'"store"', b'"metadata"', b'"safety_identifier"', b'"prompt_cache_key"'):
        expected = raw(request).count(b'"role":"user"') if member == b'"user"' else 0
        assert raw(request).replace(b" ", b"").count(member) == expected
