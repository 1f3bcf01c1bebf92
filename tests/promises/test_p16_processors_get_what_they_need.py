"""P16: Processors get only what they need."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.people import Person, a_teacher
from tests.support.platform import Platform
from tests.support.rights import CaseFollowed
from tests.support.upstream import Request, raw, requests_to, requests_with
from tests.support.waiting import until

pytestmark = [pytest.mark.promise("P16"), pytest.mark.xdist_group("p16")]

TRANSPORT = {"host", "connection", "accept", "accept-encoding", "content-type", "content-length", "user-agent"}
# x-connectionid: Azure's SDK numbers its connections at random when our server asks for the voices.
HEADERS = {
    "azure_openai": TRANSPORT | {"api-key"},
    "azure_speech": TRANSPORT | {"ocp-apim-subscription-key", "authorization", "x-connectionid"},
    "brevo": TRANSPORT | {"api-key"},
    "posthog": TRANSPORT | {"authorization"},
}
TEXT_MEMBERS = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
}
CONTACT_MEMBERS = {"email", "ext_id", "listIds", "updateEnabled", "attributes", "emailBlacklisted", "unlinkListIds"}
EVENT_MEMBERS = {"event", "distinct_id", "uuid", "timestamp", "properties"}
EVENT_PROPERTIES = {"page", "browser", "$geoip_disable", "$process_person_profile", "$lib", "$lib_version", "$ip"}


@pytest.fixture(scope="module")
def lived(platform: Platform) -> dict[str, list[Request]]:
    """What each processor received of a person who used everything and then left."""
    return asyncio.run(everything_used(platform))


async def everything_used(platform: Platform) -> dict[str, list[Request]]:
    started = {vendor: len(platform.emu(vendor).requests()) for vendor in HEADERS}
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics") as anna:
        await anna.uses(f"Solen skiner. {anna.canary}")
        assert (await anna.browser.post("/api/speech/token")).status_code == 200
        await anna.browser.get("/api/speech/voices")
        await anna.browser.post("/api/analytics/events", {"event": "page_viewed", "properties": {"page": "/tools"}})
        await anna.subscribes()
        await until(lambda: requests_with(platform, anna.canary, "brevo"), 10)
        await until(lambda: captured(platform, started["posthog"]), 15)
        await CaseFollowed(anna, await anna.invokes("erasure")).until("closed")
    return {vendor: platform.emu(vendor).requests()[seen:] for vendor, seen in started.items()}


def captured(platform: Platform, after: int) -> list[Request]:
    return [
        request for request in platform.emu("posthog").requests()[after:] if "/api/projects/" not in request["path"]
    ]


@pytest.mark.parametrize("vendor", HEADERS)
def test_every_header_is_on_the_list(lived: dict[str, list[Request]], vendor: str) -> None:
    assert lived[vendor], f"{vendor} was not used"
    sent = {name.lower() for request in from_us(lived[vendor]) for name, _ in request["headers"]}
    assert sent - HEADERS[vendor] == set()


def from_us(requests: list[Request]) -> list[Request]:
    """Without what a browser asks Azure Speech itself."""
    return [request for request in requests if "/stt/" not in request["path"]]


def test_azure_openai_gets_text_and_how_to_answer(lived: dict[str, list[Request]]) -> None:
    for request in lived["azure_openai"]:
        body = json.loads(base64.b64decode(request["body"]))
        assert set(body) <= TEXT_MEMBERS
        assert all(set(message) == {"role", "content"} for message in body["messages"])
        assert request["path"].split("?")[1].startswith("api-version=")


def test_azure_speech_gets_the_request_for_a_token_and_not_one_byte_more(lived: dict[str, list[Request]]) -> None:
    asked = from_us(lived["azure_speech"])
    assert {request["path"].split("?")[0] for request in asked} <= {
        "/sts/v1.0/issueToken",
        "/cognitiveservices/voices/list",
        "/tts/cognitiveservices/voices/list",
    }
    assert {request["bytes"] for request in asked} == {0}


def test_brevo_gets_the_address_of_subscribers_and_an_opaque_number(lived: dict[str, list[Request]]) -> None:
    for request in lived["brevo"]:
        members = json.loads(base64.b64decode(request["body"]) or b"{}")
        assert set(members) <= CONTACT_MEMBERS | {"ids", "emails", "extIds", "contacts"}
        assert all(set(contact) <= {"email", "ext_id"} for contact in members.get("contacts", []))
        assert set(members.get("attributes", {})) <= {"LANGUAGE", "OPT_IN_AT"}
        assert "@" not in request["path"], "an address in a path ends up in logs"
        assert "%40" not in request["path"]


def test_posthog_gets_listed_events_of_a_pseudonym(lived: dict[str, list[Request]]) -> None:
    for request in captured_of(lived["posthog"]):
        for event in request["batch"]:
            assert set(event) <= EVENT_MEMBERS
            assert set(event["properties"]) <= EVENT_PROPERTIES
            assert event["properties"].get("$geoip_disable") is True
            assert event["properties"].get("$ip") is None


def captured_of(requests: list[Request]) -> list[dict[str, Any]]:
    bodies = [base64.b64decode(request["body"]) for request in requests if "/api/projects/" not in request["path"]]
    return [json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body) for body in bodies]


@pytest.fixture
async def berit(platform: Platform) -> AsyncIterator[Person]:
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics") as person:
        yield person


async def test_only_brevo_ever_learns_an_address_and_nobody_a_name(platform: Platform, berit: Person) -> None:
    await berit.uses("Solen skiner.")
    await berit.browser.post("/api/speech/token")
    await berit.subscribes()
    (*_, told) = await until(lambda: requests_with(platform, berit.canary, "brevo"), 10)
    assert b"kesson" not in raw(told), "the name is not needed to send a newsletter"
    for vendor in ("azure_openai", "azure_speech", "posthog"):
        assert requests_with(platform, berit.canary, vendor) == []


async def test_without_consent_posthog_is_not_even_connected_to(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        earlier = len(requests_to(platform, "posthog"))
        event = {"event": "page_viewed", "properties": {"page": "/tools"}}
        assert (await anna.browser.post("/api/analytics/events", event)).status_code == 204
        await anna.uses("Solen skiner.")
        await asyncio.sleep(1.5)
        assert len(requests_to(platform, "posthog")) == earlier
