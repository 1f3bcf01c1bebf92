"""P01: A visit for information only collects the technically necessary request data, for stability and security."""

import pytest

from tests.support.aged import Aged, moments_of_visits
from tests.support.canary import Canary
from tests.support.people import somebody
from tests.support.platform import Platform
from tests.support.stores import Stores
from tests.support.tables import columns, rows
from tests.support.waiting import until

pytestmark = pytest.mark.promise("P01")

PAGES = ("/", "/policy", "/login", "/register", "/newsletter", "/api/policy", "/api/text/tools", "/problems/gone")
# The ten items of the policy; how each is named in the request log.
VISIT_DATA = {
    "address",
    "at",
    "zone",
    "route",
    "method",
    "status",
    "size_bytes",
    "referrer",
    "browser",
    "system",
    "language",
}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_the_request_log_holds_the_listed_fields_and_no_other(platform: Platform) -> None:
    assert columns(platform, "gateway", "request_log") - {"id"} == VISIT_DATA


async def test_a_visit_leaves_its_visit_data_and_nothing_else_of_the_request(
    platform: Platform, stores: Stores
) -> None:
    marks = {name: Canary() for name in ("query", "path", "referrer", "agent", "cookie", "header", "language")}
    headers = {
        "User-Agent": f"{FIREFOX} {marks['agent']}",
        "Referer": f"https://www.skola.example/{marks['referrer']}?{marks['referrer']}",
        "Accept-Language": f"nb-NO,{marks['language']};q=0.5",
        "Cookie": f"old={marks['cookie']}",
        "X-Forwarded-For": "203.0.113.77",
        "X-Anything": str(marks["header"]),
    }
    async with somebody(platform, **headers) as visitor:
        await visitor.browser.get(f"/{marks['path']}?q={marks['query']}")
        await visitor.browser.get(f"/api/policy?lang=nb&utm_source={marks['query']}")
        address = visitor.browser.address or "127.0.0.1"
        log = await until(lambda: [row for row in rows(platform, "gateway", "request_log") if is_mine(row)])
    assert {row["browser"] for row in log} == {"Firefox"}
    assert {row["system"] for row in log} == {"Linux"}
    assert {row["referrer"] for row in log} == {"www.skola.example"}
    assert stores.holding(marks.values()) == {}
    assert not [row for row in log if address.encode() in bytes(row["address"])]


def is_mine(row: dict[str, object]) -> bool:
    return row["language"] == "nb-NO" and row["referrer"] == "www.skola.example"


async def test_the_address_of_a_visitor_stands_nowhere_in_clear(platform: Platform, stores: Stores) -> None:
    async with somebody(platform) as visitor:
        if visitor.browser.address is None:
            pytest.skip("this system has one loopback address, which stands in every configuration")
        earlier = len(rows(platform, "gateway", "request_log"))
        for page in PAGES:
            await visitor.browser.get(page)
        await until(lambda: len(rows(platform, "gateway", "request_log")) >= earlier + len(PAGES))
        assert stores.holding([Canary(visitor.browser.address)]) == {}


async def test_no_page_sets_a_cookie_or_names_another_host(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        for page in PAGES:
            answer = await visitor.browser.get(page)
            assert answer.status_code == 200, page
            assert "set-cookie" not in answer.headers
            assert ' src="http' not in answer.text


@pytest.mark.xdist_group("time")
async def test_visit_data_and_the_key_of_its_address_are_gone_after_their_period(a_month_later: Aged) -> None:
    before, platform = a_month_later.visits_before, a_month_later.platform
    assert before
    await until(lambda: not before & moments_of_visits(platform), within_seconds=20)
    days = {row["day"] for row in rows(platform, "gateway", "day_secret")}
    assert not days & a_month_later.days_before
