"""nats-server's configuration, derived from the contract table, and the init job that makes its streams."""

import argparse
import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from chassis.nats_servers import NatsServers
from contracts.derive.permissions import ADMIN, connections, is_fetch, permissions_of
from contracts.derive.streams import (
    ACK_WAIT_SECONDS,
    DUPLICATE_WINDOW_SECONDS,
    DURABLES,
    MEBIBYTE,
    MESSAGE_BYTES_MAX,
    STREAMS,
    DurableSettings,
    StreamSettings,
)
from contracts.holder import SERVICES
from contracts.table import Account
from ops.bus_cluster import ClusterNode, client_tls, route_tls

__all__ = ["connections", "init_bus", "main", "refuse_payload_logging", "render_nats_config"]

PAYLOAD_BYTES_MAX = 256 * 1024
CONNECTIONS_MAX = 512
STORE_BYTES_MAX = 1024 * MEBIBYTE
INIT_SECONDS_MAX = 25
ANSWER_SECONDS_MAX = 5

_PAYLOAD_LOGGING = re.compile(
    r"""(?<![\w.$-])["']?(?:debug|trace|trace_verbose)["']?(?:\s*[:=]\s*|\s+)["']?(?!(?:false|no|off)\b)[\w$]"""
    r"""|(?<![\w.$-])include\s+["'.\w/]""",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"(?m)(?:^|\s)(?:#|//).*$")


class PayloadLogging(ValueError):
    """The server would print message payloads, or takes settings from a file that nobody checked."""


def render_nats_config(
    public_keys: Mapping[tuple[str, str], str],
    *,
    port: int,
    monitor_port: int | None,
    store_dir: Path,
    host: str = "127.0.0.1",
    monitor_path: str = "/",
    cluster: ClusterNode | None = None,
    tls_dir: Path | None = None,
) -> str:
    """The server's whole configuration, as JSON, which it reads as well as its own notation.

    `cluster` makes it one node of several. With `tls_dir`, where the server finds its certificate, clients and other
    nodes come in with a certificate of the same authority only.

    Its monitor answers any web page; under a `monitor_path` that cannot be guessed it answers only who was told.
    """
    configuration = {
        "listen": f"{host}:{port}",
        # Its answers name inboxes and public keys, to any web page that asks: off where nobody needs it.
        **({"http": f"127.0.0.1:{monitor_port}"} if monitor_port else {}),
        "max_payload": PAYLOAD_BYTES_MAX,
        "max_connections": CONNECTIONS_MAX,
        "ping_interval": "5s",
        "ping_max": 2,
        "http_base_path": monitor_path,
        "jetstream": {
            "store_dir": str(store_dir),
            "sync_interval": "always",
            "max_file_store": STORE_BYTES_MAX,
            "max_memory_store": 0,
        },
        **({"tls": client_tls(tls_dir)} if tls_dir else {}),
        **(cluster.as_data(route_tls(tls_dir) if tls_dir else None) if cluster else {}),
        "accounts": {
            # STORE has JetStream and nobody's key but the init job's: no service's reply subject reaches its API.
            Account.STORE.value: {
                "jetstream": "enabled",
                "users": _users(public_keys, Account.STORE),
                "exports": store_exports(),
            },
            **{events_account(service): _events(public_keys, service) for service in SERVICES},
            Account.APP.value: {"users": _users(public_keys, Account.APP)},
            # CONTENT carries message text. Without JetStream nothing can keep it, whatever anybody asks for.
            Account.CONTENT.value: {"users": _users(public_keys, Account.CONTENT)},
            "SYS": {},
        },
        "system_account": "SYS",
    }
    text = json.dumps(configuration, indent=2) + "\n"
    refuse_payload_logging(text)
    return text


def _users(public_keys: Mapping[tuple[str, str], str], account: Account) -> list[dict[str, Any]]:
    return [
        {"nkey": public_keys[role, account.value], "permissions": permissions_as_data(role, account.value)}
        for role, of in connections()
        if of == account
    ]


def events_account(service: str) -> str:
    """The name of a service's own account for durable events."""
    return f"{Account.EVENTS.value}_{service.upper()}"


def _events(public_keys: Mapping[tuple[str, str], str], service: str) -> dict[str, Any]:
    user = {
        "nkey": public_keys[service, Account.EVENTS.value],
        "permissions": permissions_as_data(service, Account.EVENTS.value),
    }
    reached = permissions_of(service, Account.EVENTS.value).publish
    imports = [{"service": {"account": Account.STORE.value, "subject": subject}} for subject in reached]
    return {"users": [user], "imports": imports}


def store_exports() -> list[dict[str, Any]]:
    """What STORE answers, and to whose account."""
    return [
        {
            "service": subject,
            "accounts": [events_account(service)],
            **({"response_type": "stream"} if is_fetch(subject) else {}),
        }
        for service in SERVICES
        for subject in permissions_of(service, Account.EVENTS.value).publish
    ]


def permissions_as_data(role: str, account: str) -> dict[str, Any]:
    granted = permissions_of(role, account)
    return {"publish": _allowed(granted.publish), "subscribe": _allowed(granted.subscribe)}


def _allowed(subjects: Iterable[str]) -> dict[str, list[str]]:
    """An empty allow-list would allow everything."""
    allowed = list(subjects)
    return {"allow": allowed} if allowed else {"deny": [">"]}


def refuse_payload_logging(text: str) -> None:
    """Refuse a configuration under which nats-server prints payloads (debug, trace), or that hides its parts.

    Raises:
        PayloadLogging: one of these settings stands in the text.
    """
    found = _PAYLOAD_LOGGING.search(_COMMENT.sub("", text))
    if found:
        raise PayloadLogging(f"nats-server may not run with: {found.group().strip()}…")


async def init_bus(servers: NatsServers, admin_seed: str, *, replicas: int = 1) -> None:
    """Make or update every stream and durable consumer; repeating it changes nothing."""
    await _init_until_done(servers, admin_seed, replicas)


@retry(
    stop=stop_after_delay(INIT_SECONDS_MAX),
    wait=wait_exponential_jitter(multiplier=0.1, max=2),
    retry=retry_if_exception_type((NatsError, OSError, TimeoutError)),
    reraise=True,
)
async def _init_until_done(servers: NatsServers, admin_seed: str, replicas: int) -> None:
    client = await nats.connect(
        **servers.options(),
        nkeys_seed_str=admin_seed,
        inbox_prefix=f"_INBOX.{ADMIN}".encode(),
        connect_timeout=ANSWER_SECONDS_MAX,
        allow_reconnect=False,
        error_cb=_already_raised,
    )
    try:
        bus = client.jetstream(timeout=ANSWER_SECONDS_MAX)
        for stream in STREAMS:
            await _make_stream(bus, stream, replicas)
        for durable in DURABLES:
            await bus.add_consumer(durable.stream, _consumer_config(durable))
    finally:
        await client.close()


async def _already_raised(_error: Exception) -> None:
    """The call that failed raises by itself; the library's default would print a traceback beside it."""


async def _make_stream(bus: JetStreamContext, stream: StreamSettings, replicas: int) -> None:
    configuration = _stream_config(stream, replicas)
    try:
        await bus.stream_info(stream.name)
    except NotFoundError:
        await bus.add_stream(configuration)
    else:
        await bus.update_stream(configuration)


def _stream_config(stream: StreamSettings, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=stream.bytes_max,
        max_msg_size=MESSAGE_BYTES_MAX,
        max_age=stream.age_seconds_max,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        num_replicas=replicas,
        allow_direct=stream.reader is not None,
    )


def _consumer_config(durable: DurableSettings) -> ConsumerConfig:
    return ConsumerConfig(
        name=durable.name,
        durable_name=durable.name,
        filter_subject=durable.filter_subject,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops init-bus", description=__doc__, fromfile_prefix_chars="@")
    parser.add_argument("--url", required=True, help="nats://HOST:PORT, or several with commas between")
    parser.add_argument("--tls", type=Path, help="directory with ca.pem, client.pem and client-key.pem, for tls://")
    parser.add_argument("--seed-file", required=True, type=Path, help="file with the admin's nkey seed")
    parser.add_argument("--replicas", type=int, default=1, choices=(1, 3, 5), help="copies of each stream")
    asked = parser.parse_args(arguments)
    seed = asked.seed_file.read_text().strip()
    asyncio.run(init_bus(NatsServers(asked.url, asked.tls), seed, replicas=asked.replicas))
    print(f"{len(STREAMS)} streams and {len(DURABLES)} durable consumers are in place.")
    return 0
