"""Behind a real nginx with the settings that we document: origins, addresses, streams, and a reader that leaves."""

import asyncio
import getpass
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from ops.run.ports import any_port, release
from tests.integration.gateway.owners import SIGNED_IN, SIMPLIFY, Gateway, generate_bytes
from tests.support.nats import NatsServer

SETTINGS = Path("deploy/nginx/larabot.conf")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
SUBSCRIPTIONS = "/api/newsletter/subscriptions"
SUBSCRIBE = {"email": "anna@skola.example", "consent": True}
BROWSER = {"X-Requested-By": "larabot", "Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}


@asynccontextmanager
async def nginx_before(gateway: Gateway, room: Path) -> AsyncIterator[int]:
    """The port of a nginx in front of a gateway."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if binary is None:
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    port = any_port()
    settings = room / "larabot.conf"
    settings.write_text(SETTINGS.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{gateway.port}"))
    rooms = "".join(f"{kind}_temp_path {room}/{kind};" for kind in TEMPORARY)
    (room / "nginx.conf").write_text(
        f"user {getpass.getuser()}; daemon off; pid {room}/pid; error_log {room}/error.log; events {{}}\n"
        f"http {{ access_log off; {rooms} limit_conn_zone $binary_remote_addr zone=larabot_connections:1m;\n"
        f"server {{ listen 127.0.0.1:{port}; include {settings}; }} }}\n"
    )
    release(port)
    process = await asyncio.create_subprocess_exec(
        binary, "-e", str(room / "error.log"), "-c", str(room / "nginx.conf")
    )
    try:
        async with asyncio.timeout(30):
            while not await _listens(port):
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def proxied(server: NatsServer, tmp_path: Path) -> AsyncIterator[tuple[Gateway, int]]:
    """A gateway that believes its nginx, and the port to reach it by."""
    gateway = Gateway(server, tmp_path)
    gateway.settings = gateway.settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    room = tmp_path / "nginx"
    room.mkdir()
    async with gateway, nginx_before(gateway, room) as port:
        yield gateway, port


async def test_a_browser_may_write_through_nginx_with_its_own_host_header(proxied: tuple[Gateway, int]) -> None:
    gateway, port = proxied
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        answer = await client.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=BROWSER)
        assert answer.status_code == 202
        claimed = {**BROWSER, "Origin": "http://evil.example"}
        assert (await client.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=claimed)).status_code == 403
    assert gateway.owners.subscribed == 1


async def test_a_visitor_cannot_claim_another_address(proxied: tuple[Gateway, int]) -> None:
    """All that come by one address share one limit, whatever they say."""
    _, port = proxied
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        left = []
        for number in range(3):
            claimed = {**BROWSER, "X-Forwarded-For": f"192.0.2.{number}"}
            answer = await client.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=claimed)
            left.append(int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0]))
    assert left == [left[0], left[0] - 1, left[0] - 2]


async def test_the_first_word_does_not_wait_and_who_leaves_ends_the_work(proxied: tuple[Gateway, int]) -> None:
    gateway, port = proxied
    gateway.owners.generate = gateway.owners.endless
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(generate_bytes())
    async with asyncio.timeout(10):
        await reader.readuntil(b"event: delta")
        writer.close()
        await gateway.owners.closed.wait()
    assert gateway.owners.running == 0


async def test_a_text_comes_whole(proxied: tuple[Gateway, int]) -> None:
    _, port = proxied
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        answer = await client.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN)
    assert answer.text.endswith('event: done\ndata: {"finish_reason":"stop"}\n\n')
