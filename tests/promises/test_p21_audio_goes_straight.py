"""P21: Audio goes from the browser straight to Azure, never through our servers.

Seen from the servers; that a browser with a microphone behaves so is proved in tests/browser.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.people import a_teacher
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.stores import Stores
from tests.support.upstream import requests_to
from tests.support.voice import recognised, samples, sound_file

pytestmark = pytest.mark.promise("P21")

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
# A piece of the sound, long enough to be found and short enough to survive any framing.
PIECE = 400


async def test_the_token_leads_to_azure_and_not_to_us(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        token = (await anna.browser.post("/api/speech/token")).json()
    endpoint = urlsplit(token["endpoint"])
    assert endpoint.netloc == urlsplit(platform.emu("azure_speech").url).netloc
    assert endpoint.netloc != urlsplit(platform.url).netloc


async def test_what_is_said_reaches_azure_and_none_of_our_stores(
    platform: Platform, stores: Stores, tmp_path: Path
) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        token = (await anna.browser.post("/api/speech/token")).json()
        sound = samples(str(anna.canary))
        assert await recognised(token, sound_file(tmp_path / "sound.wav", sound))
    heard = [request for request in requests_to(platform, "azure_speech", "/speech/") if request["bytes"] > len(sound)]
    assert heard
    middle = sound[len(sound) // 2 :][:PIECE]
    assert [place for place, data in stores.places(with_mail=True) if middle in data] == []


async def test_our_door_takes_no_audio(platform: Platform) -> None:
    sound = samples("no audio here")
    async with a_teacher(platform, "text_tools", "voice_tools", "analytics") as anna:
        for path in ("/api/speech/token", "/api/text/simplify", "/api/analytics/events"):
            for media_type in (
                "audio/wav",
                "audio/webm",
                "application/octet-stream",
                "multipart/form-data; boundary=x",
            ):
                headers = {"Content-Type": media_type}
                answer = await anna.browser.request("POST", path, content=sound, headers=headers)
                problem(answer, 415, "unsupported-media-type")


async def test_our_door_speaks_no_websocket(platform: Platform) -> None:
    async with a_teacher(platform, "voice_tools") as anna:
        paths = ("/", "/api/speech/token", "/stt/speech/recognition/interactive/cognitiveservices/v1", "/ws")
        for path in paths:
            answer = await anna.browser.get(path, headers=UPGRADE)
            assert answer.status_code != httpx.codes.SWITCHING_PROTOCOLS


async def test_no_route_is_published_that_could_take_audio(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        document: dict[str, Any] = (await anna.browser.get("/api/openapi.json")).json()
    taken = {
        media_type
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for media_type in operation.get("requestBody", {}).get("content", {})
    }
    assert taken == {"application/json"}
    speech = {path for path in document["paths"] if "speech" in path}
    assert speech == {"/api/speech/token", "/api/speech/voices"}


async def test_the_page_may_connect_to_azure_speech_and_to_us_only(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        policy = (await anna.browser.get("/")).headers["content-security-policy"]
    connect = next(part.split()[1:] for part in policy.split("; ") if part.startswith("connect-src"))
    speech = urlsplit(platform.emu("azure_speech").url).netloc
    assert set(connect) == {"'self'", f"ws://{speech}", f"http://{speech}"}
