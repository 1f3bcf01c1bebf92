"""What holds for every emulator: its door, its record, its start and its end."""

import asyncio
import base64
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.evidence import Evidence, Received
from tests.integration.emulators.running import Running, start
from tests.support import http

EMULATORS = ["azure_openai", "azure_speech", "brevo", "posthog", "smtp"]
CHAT = "/openai/deployments/school/chat/completions?api-version=2024-10-21"
HELLO = {"messages": [{"role": "user", "content": "Hej"}], "stream": True}


def received(connection: str = "c1") -> Received:
    return Received(method="GET", path="/", headers=[], connection=connection)


def test_evidence_drops_the_oldest_when_full_and_says_so() -> None:
    evidence = Evidence(requests_kept=2)
    for connection in ("c1", "c2", "c3"):
        evidence.arrived(received(connection))
    assert [one["connection"] for one in evidence.as_json()] == ["c2", "c3"]
    assert evidence.dropped == 1


def test_evidence_is_bounded_in_bytes_too() -> None:
    evidence = Evidence(bytes_kept=10)
    first, second = received("c1"), received("c2")
    for one in (first, second):
        evidence.arrived(one)
        evidence.body_part(one, b"12345678")
    assert [one["connection"] for one in evidence.as_json()] == ["c2"]


def test_a_closed_connection_closes_its_requests_only() -> None:
    evidence = Evidence()
    evidence.arrived(received("c1"))
    evidence.arrived(received("c2"))
    evidence.connection_closed("c1")
    first, second = evidence.as_json()
    assert first["closed_at"] is not None
    assert second["closed_at"] is None


@pytest.mark.parametrize("name", EMULATORS)
def test_every_emulator_tells_about_itself_and_forgets_on_reset(
    shared_emulator: Callable[[str], Running], name: str
) -> None:
    running = shared_emulator(name)
    http.post(f"{running.url}/unknown", content=b"x")
    running.fault(status=500)
    running.post("/__emu/clock", {"offset_seconds": 60})
    assert running.get("/__emu/")["emulator"] == name
    assert (running.get("/__emu/")["faults"], running.get("/__emu/")["clock_offset_seconds"]) == (1, 60)
    running.post("/__emu/reset")
    shown = running.get("/__emu/")
    assert (shown["requests"], shown["faults"], shown["clock_offset_seconds"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/__emu/faults", {"shoe_size": 43}),
        ("/__emu/faults", {"match": {"colour": "red"}}),
        ("/__emu/faults", "trouble"),
        ("/__emu/clock", {"hours": 1}),
        ("/__emu/clock", {"offset_seconds": "soon"}),
    ],
)
def test_a_wrong_order_is_refused(shared_emulator: Callable[[str], Running], path: str, order: Any) -> None:
    answer = http.post(f"{shared_emulator('brevo').url}{path}", json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_another_name_for_loopback_is_refused(shared_emulator: Callable[[str], Running]) -> None:
    answer = http.get(f"{shared_emulator('smtp').url}/messages", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 421


def test_another_address_than_loopback_is_refused() -> None:
    command = [sys.executable, "-m", "emulators.brevo", "--host", "0.0.0.0"]
    assert subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 2


def test_a_request_is_recorded_at_its_arrival_and_completed_in_place(shared_emulator: Callable[[str], Running]) -> None:
    running = shared_emulator("posthog")
    head = b"POST /batch/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running.ports["http"]), timeout=5) as raw:
        raw.sendall(head + b"12345")
        assert bodies(running, 5) == [b"12345"]
        raw.sendall(b"67890")
        assert bodies(running, 10) == [b"1234567890"]


def bodies(running: Running, length: int) -> list[bytes]:
    for _ in range(100):
        found = running.requests()
        if found and found[0]["bytes"] == length:
            break
        time.sleep(0.02)
    return [base64.b64decode(one["body"]) for one in running.requests()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_open_stream_does_not_hold_up_the_end(
    emulator: Callable[..., Running], number: signal.Signals
) -> None:
    running = emulator("azure_openai")
    running.fault(stall_after=1)
    headers = {"api-key": "emulator-key"}
    async with (
        http.async_client(timeout=5) as client,
        client.stream("POST", running.url + CHAT, json=HELLO, headers=headers) as answer,
    ):
        parts = answer.aiter_bytes()
        await anext(parts)
        began = time.monotonic()
        assert await asyncio.to_thread(running.stop, number) == 0
        assert time.monotonic() - began < 5
        with pytest.raises(httpx.HTTPError):
            async for _ in parts:
                pass


def test_an_open_websocket_does_not_hold_up_the_end(emulator: Callable[..., Running]) -> None:
    running = emulator("azure_speech")
    upgrade = (
        b"GET /speech/recognition/interactive/cognitiveservices/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOcp-Apim-Subscription-Key: emulator-key\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.ports["http"]), timeout=5) as raw:
        raw.sendall(upgrade)
        assert b"101 Switching Protocols" in raw.recv(4096)
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 5
        assert raw.recv(4096) == b""


def test_a_reset_leaves_the_time_that_the_emulator_was_started_in(tmp_path: Path) -> None:
    emulator = start("azure_speech", tmp_path, "--clock-offset-seconds", "86400")
    try:
        emulator.post("/__emu/clock", {"offset_seconds": 60})
        emulator.post("/__emu/reset")
        assert emulator.get("/__emu/")["clock_offset_seconds"] == 86400
    finally:
        emulator.stop()
