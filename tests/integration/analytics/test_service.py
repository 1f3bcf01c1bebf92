"""Statistics from outside: what PostHog receives, what a withdrawal leaves, what is counted."""

import asyncio
import base64
import json
import sqlite3
from datetime import timedelta
from typing import Any

from contracts.analytics import EVENTS
from contracts.consent import GRANTED, Granted, GrantedRequest
from contracts.envelope import Caller
from contracts.errors import ErrorKind
from contracts.personal_data import Locator
from contracts.text import USAGE_COUNTED, UsageCounted
from tests.integration.analytics.conftest import Browser
from tests.integration.emulators.running import Running
from tests.support import http
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient, RunningService
from tests.support.toy_dsar import ToyDsar
from tests.support.waiting import until

PASSING = {"page", "browser", "$geoip_disable", "$process_person_profile"}


def batches(posthog: Running) -> list[dict[str, Any]]:
    sent = [one for one in posthog.requests() if one["path"].startswith("/batch")]
    return [json.loads(base64.b64decode(one["body"])) for one in sent]


async def test_posthog_receives_the_listed_fields_and_nothing_else(browser: Browser, posthog: Running) -> None:
    await browser.report(page="/tools/:tool", browser="firefox", email="elev", screen="large")
    await until(browser.events)
    (batch,) = batches(posthog)
    assert set(batch) == {"api_key", "batch", "sent_at", "historical_migration"}
    (event,) = batch["batch"]
    assert set(event) == {"event", "distinct_id", "uuid", "timestamp", "properties"}
    assert set(event["properties"]) == PASSING
    assert browser.visitor_id not in json.dumps(batch)


async def test_what_is_on_no_list_is_dropped(browser: Browser, gateway: BusClient, posthog: Running) -> None:
    await browser.report("text_written", page="/tools")
    await browser.report(page="/privacy/requests/a1b2c3d4e5f6")
    await gateway.ask(EVENTS, {"event": "page_viewed", "properties": {"page": "/"}})
    (event,) = await until(browser.events)
    assert "page" not in event["properties"]
    assert len(batches(posthog)) == 1


async def test_free_text_is_refused(gateway: BusClient) -> None:
    body = {"event": "page_viewed", "properties": {"page": "elev@skola.example"}}
    assert (await gateway.refused(EVENTS, body, visitor_id="v" * 22)).kind is ErrorKind.INVALID


async def test_a_browser_keeps_its_pseudonym_over_a_restart(browser: Browser, service: RunningService) -> None:
    first = await browser.be_seen()
    await service.restart()
    assert await browser.be_seen() == first


async def test_a_withdrawal_stops_events_and_has_the_old_ones_deleted(browser: Browser, posthog: Running) -> None:
    await browser.be_seen()
    await browser.report()
    await browser.withdraw()
    await browser.report()
    await until(lambda: not browser.known())
    await until(lambda: not browser.events())
    assert len(batches(posthog)) <= 2


async def test_a_new_consent_gets_a_new_pseudonym(browser: Browser) -> None:
    first = await browser.be_seen()
    await browser.withdraw()
    await until(lambda: not browser.events())
    await browser.consent_again()
    assert await browser.be_seen() != first


async def test_a_deletion_goes_on_after_a_crash_and_ends_with_a_late_look(
    browser: Browser, service: RunningService, posthog: Running
) -> None:
    await browser.be_seen()
    posthog.fault(status=503, times=None, match={"path": "bulk_delete"})
    await browser.withdraw()
    await until(lambda: any("bulk_delete" in one["path"] for one in posthog.requests()))
    await service.kill()
    recover(posthog)
    await service.restart(clock_offset_seconds=300)
    await until(lambda: not browser.known())
    await until(lambda: verified(service), within_seconds=10)
    await service.restart(clock_offset_seconds=2 * 3600)
    await until(lambda: rows(service, "posthog_deletion") == [], within_seconds=10)


async def test_a_late_event_is_deleted_in_a_second_pass(
    browser: Browser, service: RunningService, posthog: Running
) -> None:
    pseudonym = await browser.be_seen()
    await browser.withdraw()
    await until(lambda: verified(service), within_seconds=10)
    late = {"event": "page_viewed", "distinct_id": pseudonym}
    posthog.post("/batch/", {"api_key": "phc_emulator", "batch": [late]})
    assert browser.known() == [pseudonym]
    await service.restart(clock_offset_seconds=timedelta(hours=1, seconds=5).total_seconds())
    await until(lambda: not browser.known(), within_seconds=10)


async def test_requests_do_not_notice_that_posthog_is_down(browser: Browser, posthog: Running) -> None:
    posthog.fault(status=503, times=2, match={"path": "/batch"})
    await browser.report()
    await until(lambda: len(browser.events()) == 1, within_seconds=15)
    assert len(batches(posthog)) == 3


async def test_what_waits_is_sent_when_the_service_ends(browser: Browser, service: RunningService) -> None:
    await browser.report()
    await service.stop()
    assert len(browser.events()) == 1


async def test_access_and_erasure_reach_the_database_and_posthog(
    browser: Browser,
    gateway: BusClient,
    consent: BusClient,
    service: RunningService,
    server: NatsServer,
    posthog: Running,
) -> None:
    other = Browser(gateway, consent, posthog)
    mine, theirs = await browser.be_seen(), await other.be_seen()
    whom = {Locator.VISITOR_ID: [browser.visitor_id]}
    async with ToyDsar(server) as dsar:
        held = await dsar.export("analytics", whom)
        assert [row["distinct_id"] for row in held["analytics_identity"]] == [mine]
        assert held["posthog"][0]["distinct_ids"] == [mine]
        erasure = await dsar.erase(whom)
        own, recipient = await dsar.receipt(erasure, "analytics"), await dsar.receipt(erasure, "posthog")
    assert own["erased"]["analytics_identity"] == 1
    assert recipient["probe"] == {"posthog": 0}
    assert browser.known() == [theirs]
    assert {event["distinct_id"] for event in browser.events()} == {theirs}
    assert browser.visitor_id.encode() not in service.stored_bytes()


async def test_an_event_that_was_under_way_when_its_visitor_was_erased_leaves_no_trace(
    browser: Browser, server: NatsServer, service: RunningService
) -> None:
    await browser.be_seen()
    async with ToyDsar(server) as dsar:
        erasure = await dsar.erase({Locator.VISITOR_ID: [browser.visitor_id]})
        await dsar.receipt(erasure, "analytics")
        await browser.report()
        await dsar.receipt(erasure, "posthog")
    assert rows(service, "analytics_identity") == []
    assert browser.events() == []


async def test_a_withdrawal_while_the_service_was_down_is_found_out(
    browser: Browser, consent: BusClient, service: RunningService
) -> None:
    async def nothing_granted(request: GrantedRequest, caller: Caller) -> Granted:
        return Granted(purposes=[])

    await browser.be_seen()
    await service.kill()
    await browser.withdraw()
    await consent.bus.serve(GRANTED, nothing_granted)
    await consent.bus.serving()
    await service.restart()
    await until(lambda: not browser.known(), within_seconds=15)


async def test_an_erasure_waits_until_posthog_has_verified_it(
    browser: Browser, server: NatsServer, posthog: Running
) -> None:
    posthog.post("/__emu/deletion_delay", {"seconds": 3600})
    await browser.be_seen()
    async with ToyDsar(server) as dsar:
        erasure = await dsar.erase({Locator.VISITOR_ID: [browser.visitor_id]})
        await dsar.receipt(erasure, "analytics")
        await until(lambda: not browser.known())
        await asyncio.sleep(1)
        assert (erasure, "posthog") not in dsar.receipts
        posthog.post("/__emu/clock", {"offset_seconds": 3700})
        await dsar.receipt(erasure, "posthog", within_seconds=30)


async def test_uses_are_counted_in_cells_of_at_least_ten(service: RunningService, server: NatsServer) -> None:
    async with BusClient("textproxy", server, service.clock) as textproxy:
        for tool, uses in (("simplify", 12), ("quiz", 3)):
            for at_once in (1, uses - 1):
                await textproxy.bus.signal(USAGE_COUNTED, UsageCounted(tool=tool, outcome="stop", uses=at_once))
    await asyncio.sleep(0.2)
    assert rows(service, "usage_count") == []


def rows(service: RunningService, table: str) -> list[Any]:
    with sqlite3.connect(service.database, timeout=5) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 — a table's name


def verified(service: RunningService) -> bool:
    with sqlite3.connect(service.database, timeout=5) as connection:
        found = connection.execute("SELECT verified_at FROM posthog_deletion").fetchall()
    return bool(found) and all(at is not None for (at,) in found)


def recover(posthog: Running) -> None:
    http.delete(f"{posthog.url}/__emu/faults").raise_for_status()
