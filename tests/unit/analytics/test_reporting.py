"""A page's event on its way to PostHog, and the withdrawal that stops it."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.analytics.adapters.policies import read_allow_list
from services.analytics.domain.deletions import IDENTITY_RENEWED_AFTER
from services.analytics.usecases import checking
from services.analytics.usecases.checking import Checking
from services.analytics.usecases.reporting import UNDERWAY_MAX, Reporting
from tests.support.clock import FakeClock
from tests.unit.analytics.fakes import FakeConsents, FakeIdentities, FakeStatistics

POLICIES = Path(__file__).resolve().parents[3] / "policies"
WEB_ROUTES = Path(__file__).resolve().parents[3] / "web" / "src" / "app" / "routes.ts"


@pytest.fixture
def identities() -> FakeIdentities:
    return FakeIdentities()


@pytest.fixture
def statistics() -> FakeStatistics:
    return FakeStatistics()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def reporting(identities: FakeIdentities, statistics: FakeStatistics, clock: FakeClock) -> Reporting:
    return Reporting(read_allow_list(POLICIES), identities, statistics, clock)


async def test_what_is_on_the_list_passes(reporting: Reporting, statistics: FakeStatistics) -> None:
    await reporting.report("v", "page_viewed", {"page": "/tools", "browser": "firefox"})
    (event,) = statistics.events
    assert event.properties == {"page": "/tools", "browser": "firefox"}
    assert event.distinct_id == "pseudonym-0-v"


@pytest.mark.parametrize("properties", [{"page": "/tools/my-secret"}, {"text": "hello"}, {}])
async def test_values_that_are_on_no_list_are_left_out(
    reporting: Reporting, statistics: FakeStatistics, properties: dict[str, str]
) -> None:
    await reporting.report("v", "page_viewed", properties)
    assert statistics.events[0].properties == {}


async def test_an_unknown_event_leaves_no_trace(
    reporting: Reporting, statistics: FakeStatistics, identities: FakeIdentities
) -> None:
    await reporting.report("v", "text_written", {"page": "/tools"})
    assert (statistics.events, identities.pseudonyms) == ([], {})


async def test_a_withdrawal_purges_what_waits_and_forgets_the_pseudonym(
    reporting: Reporting, statistics: FakeStatistics, identities: FakeIdentities
) -> None:
    for visitor in ("v", "w"):
        await reporting.report(visitor, "page_viewed", {})
    await reporting.withdraw("v")
    assert [event.visitor_id for event in statistics.events] == ["w"]
    assert list(identities.deletions.kept) == ["pseudonym-0-v"]


async def test_an_event_that_was_under_way_makes_no_new_pseudonym(
    reporting: Reporting, identities: FakeIdentities, clock: FakeClock
) -> None:
    await reporting.withdraw("v")
    await reporting.report("v", "page_viewed", {})
    assert identities.pseudonyms == {}
    clock.advance(UNDERWAY_MAX)
    await reporting.report("v", "page_viewed", {})
    assert "v" in identities.pseudonyms


async def test_a_new_consent_begins_at_once_under_a_new_pseudonym(
    reporting: Reporting, statistics: FakeStatistics
) -> None:
    await reporting.report("v", "page_viewed", {})
    before = statistics.events[0].distinct_id
    await reporting.withdraw("v")
    reporting.consent_again("v")
    await reporting.report("v", "page_viewed", {})
    assert statistics.events[0].distinct_id != before


async def test_a_withdrawal_in_the_middle_of_an_event_wins(
    reporting: Reporting, statistics: FakeStatistics, identities: FakeIdentities
) -> None:
    identities.meanwhile = lambda: reporting.withdraw("v")
    await reporting.report("v", "page_viewed", {})
    assert (statistics.events, identities.pseudonyms) == ([], {})


async def test_a_pseudonym_lasts_a_year_at_most(
    reporting: Reporting, identities: FakeIdentities, clock: FakeClock
) -> None:
    await reporting.report("v", "page_viewed", {})
    clock.advance(IDENTITY_RENEWED_AFTER + timedelta(hours=1))
    await reporting.report("w", "page_viewed", {})
    await reporting.renew()
    assert list(identities.pseudonyms) == ["w"]


async def test_a_withdrawal_that_was_not_heard_is_found_out(
    reporting: Reporting, identities: FakeIdentities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PAGE", 2)
    visitors = ["a", "b", "c", "d", "e"]
    for visitor in visitors:
        await reporting.report(visitor, "page_viewed", {})
    await Checking(identities, FakeConsents({"b", "e"}), reporting).check()
    assert sorted(identities.pseudonyms) == ["b", "e"]


def test_the_pages_on_the_list_are_those_of_the_web_app() -> None:
    templates = {
        line.split('template: "')[1].split('"')[0]
        for line in WEB_ROUTES.read_text().splitlines()
        if 'template: "' in line
    }
    allowed = read_allow_list(POLICIES)
    missing = [page for page in templates if allowed.permitted("page_viewed", {"page": page}) != {"page": page}]
    assert missing == []
