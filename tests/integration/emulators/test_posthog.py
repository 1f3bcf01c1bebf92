"""The PostHog emulator as the vendor's own SDK, and plain calls of its private interface, see it."""

import base64
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from posthog import AsyncPosthog

from tests.integration.emulators.running import Running
from tests.support import http

OWNER = {"Authorization": "Bearer phx_emulator"}
PERSONS = "/api/projects/1/persons/"


@pytest.fixture
def posthog(shared_emulator: Callable[[str], Running]) -> Running:
    return shared_emulator("posthog")


@pytest.fixture
async def client(posthog: Running) -> AsyncIterator[AsyncPosthog]:
    made = AsyncPosthog("phc_emulator", host=posthog.url, flush_interval=0.05)
    yield made
    await made.shutdown()


async def capture(client: AsyncPosthog, distinct_id: str = "d-1", **more: Any) -> None:
    client.capture("tool_used", distinct_id=distinct_id, properties={"tool": "simplify"}, **more)
    await client.flush()


def delete(posthog: Running, **order: Any) -> httpx.Response:
    return http.post(f"{posthog.url}{PERSONS}bulk_delete/", json=order, headers=OWNER)


def status(posthog: Running, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = posthog.get(f"{PERSONS}deletion_status/", params=query, headers=OWNER)["results"]
    return found


async def test_captured_events_arrive_and_make_a_person(posthog: Running, client: AsyncPosthog) -> None:
    await capture(client)
    (event,) = posthog.get("/__emu/events")
    assert (event["event"], event["distinct_id"], event["properties"]["tool"]) == ("tool_used", "d-1", "simplify")
    (person,) = posthog.get(PERSONS, params={"distinct_id": "d-1"}, headers=OWNER)["results"]
    assert person["distinct_ids"] == ["d-1"]


async def test_events_without_a_profile_make_no_person(posthog: Running, client: AsyncPosthog) -> None:
    client.capture("tool_used", distinct_id="d-1", properties={"$process_person_profile": False})
    await client.flush()
    assert len(posthog.get("/__emu/events")) == 1
    assert posthog.get("/__emu/persons") == []


async def test_a_compressed_batch_is_read(posthog: Running) -> None:
    client = AsyncPosthog("phc_emulator", host=posthog.url, gzip=True)
    await capture(client)
    await client.shutdown()
    assert len(posthog.get("/__emu/events")) == 1


def test_the_same_uuid_counts_once(posthog: Running) -> None:
    event = {"event": "tool_used", "distinct_id": "d-1", "uuid": "0190-1"}
    for _ in range(2):
        posthog.post("/batch/", {"api_key": "phc_emulator", "batch": [event]})
    assert len(posthog.get("/__emu/events")) == 1


@pytest.mark.parametrize("wrapping", ["json", "base64", "gzip"])
def test_browser_events_are_read_in_every_wrapping(posthog: Running, wrapping: str) -> None:
    event = {"event": "page", "properties": {"token": "phc_emulator", "distinct_id": "d-1"}}
    raw = json.dumps(event).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrappings: dict[str, dict[str, Any]] = {
        "json": {"url": "/i/v0/e/", "content": raw},
        "base64": {"url": "/e/?compression=base64", "data": {"data": base64.b64encode(raw).decode()}, "headers": form},
        "gzip": {"url": "/e/?compression=gzip-js", "content": gzip.compress(raw)},
    }
    sent = wrappings[wrapping]
    answer = http.post(posthog.url + sent.pop("url"), **sent)
    assert answer.json() == {"status": "Ok"}
    assert posthog.get("/__emu/events")[0]["event"] == "page"


async def test_deletion_is_slow_and_takes_the_events(posthog: Running, client: AsyncPosthog) -> None:
    await capture(client)
    await capture(client, "d-2")
    answer = delete(posthog, distinct_ids=["d-1"], delete_events=True)
    assert answer.status_code == 202
    assert (answer.json()["persons_found"], answer.json()["persons_deleted"]) == (1, 1)
    (pending,) = status(posthog)
    assert (pending["status"], pending["delete_verified_at"]) == ("pending", None)
    assert len(posthog.get("/__emu/events")) == 2
    posthog.post("/__emu/clock", {"offset_seconds": 2})
    (completed,) = status(posthog, person_uuid=pending["person_uuid"], status="completed")
    assert completed["delete_verified_at"]
    assert [event["distinct_id"] for event in posthog.get("/__emu/events")] == ["d-2"]
    assert posthog.get(PERSONS, params={"distinct_id": "d-1"}, headers=OWNER)["results"] == []


def test_the_deletion_delay_is_set_at_the_door(posthog: Running) -> None:
    posthog.post("/__emu/deletion_delay", {"seconds": 0})
    posthog.post("/batch/", {"api_key": "phc_emulator", "batch": [{"event": "e", "distinct_id": "d-1"}]})
    delete(posthog, distinct_ids=["d-1"], delete_events=True)
    assert status(posthog)[0]["status"] == "completed"
    assert posthog.get("/__emu/events") == []


def test_an_event_of_after_the_request_survives(posthog: Running) -> None:
    posthog.post("/__emu/deletion_delay", {"seconds": 1})
    now = datetime.fromtimestamp(time.time(), UTC)
    early = {"event": "early", "distinct_id": "d-1", "timestamp": now.isoformat()}
    late = {"event": "late", "distinct_id": "d-1", "timestamp": (now + timedelta(seconds=30)).isoformat()}
    posthog.post("/batch/", {"api_key": "phc_emulator", "batch": [early]})
    delete(posthog, distinct_ids=["d-1"], delete_events=True)
    posthog.post("/batch/", {"api_key": "phc_emulator", "batch": [late]})
    posthog.post("/__emu/clock", {"offset_seconds": 60})
    assert [event["event"] for event in posthog.get("/__emu/events")] == ["late"]
    assert delete(posthog, distinct_ids=["d-1"], delete_events=True).json()["persons_found"] == 1


def test_an_unknown_person_is_found_nowhere(posthog: Running) -> None:
    assert delete(posthog, distinct_ids=["nobody"], delete_events=True).json()["persons_found"] == 0
    assert status(posthog) == []


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "not_authenticated"), ({"Authorization": "Bearer phx_other"}, "authentication_failed")],
)
def test_the_private_interface_needs_the_personal_key(posthog: Running, headers: dict[str, str], code: Any) -> None:
    answer = http.get(f"{posthog.url}{PERSONS}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


@pytest.mark.parametrize(
    ("path", "body", "refused"),
    [
        ("/batch/", {"api_key": "phc_other", "batch": [{"event": "e", "distinct_id": "d"}]}, 401),
        ("/batch/", {"api_key": "phc_emulator", "batch": [{"event": "e"}]}, 400),
        ("/batch/", {"api_key": "phc_emulator", "batch": [], "pupil": 1}, 400),
        ("/batch/", {"api_key": "phc_emulator", "batch": [{"event": "e", "distinct_id": "d", "ip": "1"}]}, 400),
        (f"{PERSONS}bulk_delete/", {"distinct_ids": [str(number) for number in range(1001)]}, 400),
        ("/nothing/", {}, 404),
    ],
)
def test_wrong_calls_get_the_vendors_error(posthog: Running, path: str, body: Any, refused: int) -> None:
    answer = http.post(f"{posthog.url}{path}", json=body, headers=OWNER)
    assert answer.status_code == refused
    assert set(answer.json()) == {"type", "code", "detail", "attr"}


async def test_the_sdk_sends_a_batch_again_after_trouble_and_it_counts_once(
    posthog: Running, client: AsyncPosthog
) -> None:
    posthog.fault(status=503, applied=True, match={"path": "/batch/"})
    await capture(client)
    assert len([one for one in posthog.requests() if one["path"].startswith("/batch/")]) == 2
    assert len(posthog.get("/__emu/events")) == 1
