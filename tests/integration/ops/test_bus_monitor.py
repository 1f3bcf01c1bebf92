"""The launcher's door to nats-server's monitor, and the server's own, as programs and as web pages find them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ops.run.bus_monitor import BusMonitor
from ops.run.ports import any_port
from tests.support import http
from tests.support.nats import NatsServer

UNGUESSABLE = "/0123456789abcdef"
EVIL = "https://evil.example"
QUESTIONS = ("healthz", "varz", "jsz?accounts=true&streams=true&config=true", "connz?subs=detail&auth=true")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(tmp_path / "nats", monitor_path=UNGUESSABLE) as running:
        yield running


@pytest.fixture
async def door(server: NatsServer) -> AsyncIterator[httpx.AsyncClient]:
    port = any_port()
    monitor = BusMonitor(port, server.monitor_url)
    await monitor.open()
    async with http.async_client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client
    monitor.close()


async def test_a_program_is_told_what_the_server_says(door: httpx.AsyncClient) -> None:
    for question in QUESTIONS:
        answer = await door.get(f"/{question}")
        assert answer.status_code == 200
        assert answer.json()
        assert not [header for header in answer.headers if header.startswith("access-control")]
    streams = (await door.get("/jsz?streams=true&config=true&accounts=true")).json()["account_details"]
    assert streams


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example:8222"}, 421),
        ({"Host": ""}, 421),
    ],
)
async def test_a_web_page_is_told_nothing(door: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await door.get("/connz", headers=headers)
    assert answer.status_code == status
    assert "connections" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/varz?callback=steal", 400),
        ("GET", "/varz?x=%00", 400),
        ("GET", "/", 404),
        ("GET", "/leafz", 404),
        ("GET", "/../varz", 200),  # the client makes it /varz
        ("GET", "/debug/vars", 404),
        ("POST", "/varz", 405),
        ("OPTIONS", "/varz", 405),
    ],
)
async def test_only_what_is_needed_is_handed_on(door: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    assert (await door.request(method, path)).status_code == status


async def test_a_server_that_is_gone_is_told(door: httpx.AsyncClient, server: NatsServer) -> None:
    await server.stop()
    assert (await door.get("/healthz")).status_code == 503


@pytest.mark.parametrize("path", ["/", "/varz", "/connz", "/jsz", "/healthz", "/debug/vars", "/0123456789abcdeX/varz"])
async def test_the_servers_own_port_answers_nobody_who_was_not_told(server: NatsServer, path: str) -> None:
    async with http.async_client() as client:
        answer = await client.get(f"http://127.0.0.1:{server.monitor_port}{path}", headers={"Origin": EVIL})
    assert answer.status_code == 404
    assert not [header for header in answer.headers if header.startswith("access-control")]
