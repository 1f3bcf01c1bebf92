"""The bus of an installation: three nodes of which any two are enough, and TLS that nobody talks anybody out of."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from chassis.bus import Bus, DurableConsumer
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from chassis.nats_servers import ConnectOptions, NatsServers
from chassis.tasks import end_all
from contracts.derive.streams import STREAMS
from contracts.dsar import ERASURE_REQUESTED, ErasureRequested
from contracts.holder import HEALTH
from contracts.identifiers import new_id
from contracts.messages import Empty
from ops.installation import NODES
from ops.installation import main as installation
from ops.run.ports import any_port, release
from tests.integration.deploy.conftest import Render
from tests.support.bus_certificates import Authority
from tests.support.nats import NatsServer
from tests.support.nats_cluster import NatsCluster
from tests.support.running_service import BusClient, RunningService
from tests.support.waiting import until

PATIENCE_SECONDS = 60
"""A new leader is elected within a few seconds; on a crowded machine within many."""


@pytest.fixture
def authority() -> Authority:
    return Authority()


@asynccontextmanager
async def opened(service: str, server: NatsCluster) -> AsyncIterator[Bus]:
    bus = Bus(service, Clock())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await bus.open(server.servers, server.seed(service), server.seed(service, "EVENTS"))
    try:
        yield bus
    finally:
        await bus.close()


async def published(bus: Bus) -> str:
    """The id of an erasure that was stored; tried again while a leader is elected, as the outbox does."""
    erasure = new_id()
    message = ErasureRequested(erasure_id=erasure).model_dump_json().encode()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await publish_durably(bus, ERASURE_REQUESTED.subject, message, erasure)
            except (NatsError, TimeoutError):
                await asyncio.sleep(0.1)
            else:
                return erasure


async def goes_round(server: NatsCluster) -> None:
    """Two services that connect now: what the one publishes, the other fetches and acknowledges."""
    heard: set[str] = set()

    async def hear(event: ErasureRequested) -> None:
        heard.add(event.erasure_id)

    async with opened("dsar", server) as dsar, opened("auth", server) as auth:
        consuming = asyncio.create_task(DurableConsumer(auth, ERASURE_REQUESTED, "auth", hear).run())
        erasure = await published(dsar)
        await until(lambda: erasure in heard, PATIENCE_SECONDS)
        await end_all({consuming})


async def copies(server: NatsCluster) -> list[tuple[int | None, int]]:
    """Of each stream: how many copies it is to have, and how many there are."""
    client = await nats.connect(
        **server.servers.options(), nkeys_seed_str=server.seed("admin", "STORE"), inbox_prefix=b"_INBOX.admin"
    )
    try:
        found = [await client.jetstream().stream_info(stream.name) for stream in STREAMS]
    finally:
        await client.close()
    return [(stream.config.num_replicas, 1 + len(stream.cluster.replicas or [])) for stream in found if stream.cluster]


@pytest.mark.parametrize(("tls", "fallen"), [(False, NODES[:1]), (True, NODES)], ids=["clear", "tls"])
async def test_with_any_one_of_three_nodes_down_services_start_and_work(
    render: Render, authority: Authority, tmp_path: Path, *, tls: bool, fallen: tuple[str, ...]
) -> None:
    certificates = ["--nats-tls", str(authority.fill(tmp_path / "certificates", *NODES))] if tls else []
    rendered = render("--nats-nodes", "3", *certificates)
    async with NatsCluster(rendered, tmp_path) as server:
        assert await copies(server) == [(3, 3)] * len(STREAMS)
        settings = {"nats_tls_dir": str(server.tls_directory)} if tls else {}
        consent = RunningService("consent", server, tmp_path, evidence_key="00" * 32, **settings)
        for down in fallen:
            await server.kill(down)
            await goes_round(server)
            async with consent, BusClient("gateway", server) as gateway:
                health = await gateway.bus.call(HEALTH["consent"], Empty())
                assert health.model_dump()["ready"]
            await server.restart(down)


@pytest.mark.parametrize("dead", ["nats://127.0.0.1:{port}", "nats://nowhere.invalid:4222"])
async def test_a_dead_server_at_the_head_of_the_list_keeps_nobody_away(tmp_path: Path, dead: str) -> None:
    port = any_port()
    async with NatsServer(tmp_path) as server:
        servers = NatsServers(f"{dead.format(port=port)},{server.url}")
        for _ in range(4):  # nats-py shuffles the list
            bus = Bus("consent", Clock())
            async with asyncio.timeout(PATIENCE_SECONDS):
                await bus.open(servers, server.seed("consent"), server.seed("consent", "EVENTS"))
            assert bus.connected
            await bus.close()
    release(port)


async def refused(server: NatsCluster, options: ConnectOptions) -> bool:
    try:
        client = await nats.connect(
            **options,
            nkeys_seed_str=server.seed("consent"),
            inbox_prefix=b"_INBOX.consent",
            connect_timeout=2,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            allow_reconnect=False,
            error_cb=silent,
        )
    except (NoServersError, NatsError, OSError, TimeoutError):
        return True
    await client.close()
    return False


async def silent(_error: Exception) -> None:
    """The refusal is raised as well."""


async def test_who_has_no_certificate_of_the_authority_is_refused(
    render: Render, authority: Authority, tmp_path: Path
) -> None:
    rendered = render("--nats-tls", str(authority.fill(tmp_path / "certificates", *NODES)))
    stranger = Authority().fill(tmp_path / "stranger")
    (stranger / "ca.pem").write_bytes((rendered / "nats-tls/ca.pem").read_bytes())  # it trusts us; we do not trust it
    async with NatsCluster(rendered, tmp_path) as server:
        assert not await refused(server, server.servers.options())
        bare = ssl.create_default_context(cafile=str(rendered / "nats-tls/ca.pem"))
        assert await refused(server, {"servers": [server.url], "tls": bare, "tls_handshake_first": True})
        assert await refused(server, NatsServers(server.url, stranger).options())
        assert await refused(server, {"servers": [server.url.replace("tls:", "nats:")]})


async def test_a_client_that_wants_tls_says_nothing_to_a_server_without(
    render: Render, authority: Authority, tmp_path: Path
) -> None:
    certificates = authority.fill(tmp_path / "certificates", *NODES)
    async with NatsCluster(render(), tmp_path) as server:
        in_clear = NatsServers(server.url.replace("nats:", "tls:"), certificates)
        assert await refused(server, in_clear.options())


def test_one_node_in_clear_is_the_default_and_leaves_nothing_of_three(
    render: Render, authority: Authority, tmp_path: Path
) -> None:
    certificates = authority.fill(tmp_path / "certificates", *NODES)
    out = render("--nats-nodes", "3", "--nats-tls", str(certificates))
    three = json.loads((out / "nats-2/server.conf").read_text())
    assert three["cluster"]["tls"]["verify"] is three["tls"]["verify"] is True
    secret = three["cluster"]["authorization"]["password"]
    assert three["cluster"]["routes"] == [f"nats-route://route:{secret}@{name}:6222" for name in ("nats", "nats-3")]
    assert not [path for path in (out / "env").iterdir() if secret in path.read_text()]
    assert not [path for name in NODES for path in (out / name).iterdir() if path.name.startswith("client")]
    out = render()
    left = sorted(path.name for room in (*NODES, "nats-tls") for path in (out / room).iterdir())
    assert left == ["server.conf"]
    assert {"cluster", "tls", "server_name"} & set(json.loads((out / "nats/server.conf").read_text())) == set()
    assert "LARABOT_NATS_URL=nats://nats:4222\n" in (out / "env/dsar.env").read_text()


@pytest.mark.parametrize(
    ("names", "gone", "words"),
    [
        (("nats", "nats-2"), "", "missing: nats-3"),
        (NODES, "client-key.pem", "client-key.pem"),
        (NODES, "ca.pem", "ca.pem"),
        ((), "", "subjectAltName"),
    ],
)
def test_certificates_that_could_not_work_are_refused_before_anything_is_written(
    render: Render,
    authority: Authority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    gone: str,
    words: str,
) -> None:
    certificates = authority.fill(tmp_path / "certificates", *names)
    if gone:
        (certificates / gone).unlink()
    out = tmp_path / "refused"
    asked = ["--out", str(out), "--public-url", "https://larabot.example", "--nats-nodes", "3"]
    render()
    assert installation([*asked, "--nats-tls", str(certificates)]) == 1
    assert words in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("lacks", ["the secret", "the authority"])
async def test_a_node_that_does_not_belong_is_not_let_in(
    render: Render, authority: Authority, tmp_path: Path, lacks: str
) -> None:
    out = render("--nats-nodes", "3", "--nats-tls", str(authority.fill(tmp_path / "certificates", *NODES)))
    stranger = out / "nats-3"
    if lacks == "the secret":
        file = stranger / "server.conf"
        secret = json.loads(file.read_text())["cluster"]["authorization"]["password"]
        file.write_text(file.read_text().replace(secret, "0" * len(secret)))
        refusal = "authentication error"
    else:
        other = Authority().fill(tmp_path / "other", *NODES)
        for name in ("server.pem", "server-key.pem"):
            (stranger / name).write_bytes((other / name).read_bytes())
        refusal = "TLS route handshake error"
    async with NatsCluster(out, tmp_path, stranger="nats-3") as server:
        await until(lambda: refusal in server.log("nats"), PATIENCE_SECONDS)
        assert await server.neighbours("nats") == {"nats-2"}
        assert await server.neighbours("nats-3") == set()
