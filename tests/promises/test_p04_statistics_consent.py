"""P04: Usage statistics only on information and consent, or truly anonymous; PostHog only with consent, in the EU."""

import asyncio
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import Person, a_teacher, somebody
from tests.support.platform import Platform
from tests.support.pseudonyms import pseudonym_at_posthog, visitor_id
from tests.support.tables import columns, rows
from tests.support.waiting import until

pytestmark = [pytest.mark.promise("P04"), pytest.mark.xdist_group("p04")]

LISTED: dict[str, Any] = json.loads(Path("policies/analytics.json").read_text())["events"]
# What says how PostHog must treat an event: not to look up a place, and to make no profile.
INSTRUCTIONS = {"$geoip_disable", "$process_person_profile"}
# Longer than events are gathered before they are sent.
SENT_BY_THEN_SECONDS = 2.0
CONFIGURED = {
    "LARABOT_POSTHOG_PROJECT_TOKEN": "phc_0123456789abcdef",
    "LARABOT_POSTHOG_PROJECT_ID": "1",
    "LARABOT_POSTHOG_PERSONAL_API_KEY": "phx_0123456789abcdef",
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that nobody else uses, so that every byte at PostHog is of these people."""
    with Platform(tmp_path_factory.mktemp("alone") / "data") as platform:
        yield platform


async def sees(anna: Person, page: str = "/tools", **more: str) -> None:
    event = {"event": "page_viewed", "properties": {"page": page, **more}}
    assert (await anna.browser.post("/api/analytics/events", event)).status_code == 204


def events_at_posthog(platform: Platform) -> list[dict[str, Any]]:
    bodies = [
        base64.b64decode(one["body"]) for one in platform.emu("posthog").requests() if one["path"].startswith("/batch")
    ]
    return [
        event
        for body in bodies
        for event in json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)["batch"]
    ]


async def test_without_consent_and_after_a_refusal_posthog_is_not_even_connected_to(alone: Platform) -> None:
    async with a_teacher(alone, "text_tools") as anna:
        await sees(anna)
        await anna.consents(analytics=False)
        await sees(anna)
        await anna.uses("Solen skiner.")
        await asyncio.sleep(SENT_BY_THEN_SECONDS)
    assert alone.emu("posthog").requests() == []
    assert rows(alone, "analytics", "analytics_identity") == []


async def test_with_consent_only_listed_fields_arrive_under_a_number_that_says_nothing(alone: Platform) -> None:
    async with a_teacher(alone, "analytics") as anna:
        await sees(anna, browser="firefox", colour="blue")
        pseudonym = await pseudonym_at_posthog(anna)
        theirs = [event for event in events_at_posthog(alone) if event["distinct_id"] == pseudonym]
        assert {event["event"] for event in theirs} == {"page_viewed"}
        assert all(set(event["properties"]) - INSTRUCTIONS <= set(LISTED["page_viewed"]) for event in theirs)
        known = json.dumps(theirs)
        me = await anna.me()
        assert [one for one in (me["account_id"], me["email"], visitor_id(anna)) if one in known] == []


async def test_a_withdrawal_stops_them_at_once_and_has_the_old_ones_deleted(alone: Platform) -> None:
    async with somebody(alone) as anna:
        await anna.consents(analytics=True)
        await sees(anna)
        pseudonym = await pseudonym_at_posthog(anna)
        kept = dict(anna.browser.cookies)
        await anna.consents(analytics=False)
        before = len(events_at_posthog(alone))
        await sees(anna)
        anna.browser.cookies.update(kept)  # a browser that goes on showing the number that it had
        await sees(anna)
        await asyncio.sleep(SENT_BY_THEN_SECONDS)
        assert len(events_at_posthog(alone)) == before
        await until(lambda: pseudonym not in json.dumps(alone.emu("posthog").get("events")), 15)


def test_outside_the_eu_the_platform_does_not_start_and_says_why(tmp_path: Path) -> None:
    """Each is named; that each alone is enough, tests/unit/analytics/test_recipient.py shows without a platform."""
    outside = dict.fromkeys(("LARABOT_POSTHOG_HOST", "LARABOT_POSTHOG_API_HOST"), "https://us.i.posthog.com")
    with pytest.raises(AssertionError, match="did not come up"):
        Platform(tmp_path / "data", settings={**CONFIGURED, **outside}).start()
    log = (tmp_path / "data.log").read_text()
    reason = "not-the-processor (the host is none of eu.i.posthog.com, "
    assert [setting for setting in outside if f"{setting}: {reason}" not in log] == []


async def test_our_own_counts_hold_nobody_and_no_small_cell(alone: Platform) -> None:
    assert columns(alone, "analytics", "usage_count") == {"window_start", "tool", "outcome", "count"}
    async with a_teacher(alone, "text_tools") as anna:
        await anna.uses("Solen skiner.")
    assert [row for row in rows(alone, "analytics", "usage_count") if row["count"] < 10] == []
