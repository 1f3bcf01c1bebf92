"""Whatever a service names as the reply of what it may publish, nothing happens but what it may do.

nats-server does not check reply subjects, and answers and deliveries go where they point. So every service, with
each of its keys, publishes every subject that it may, once for every reply that could hurt: each verb of JetStream's
API on each stream and durable, other services' events, dead letters, calls and inboxes, and acknowledgements of
their deliveries.
https://docs.nats.io/reference/reference-protocols/nats_api_reference lists the verbs.
"""

import asyncio
from collections import Counter

import pytest
from nats.aio.msg import Msg

from contracts.derive.permissions import connections, is_fetch, permissions_of
from contracts.derive.streams import DURABLES, STREAMS
from contracts.holder import SERVICES
from tests.integration.bus_permissions.store_state import messages_by_subject, streams_and_consumers
from tests.support.bus_roles import Connect, Connection
from tests.support.nats import NatsServer

STREAM_VERBS = (
    "CREATE", "UPDATE", "INFO", "PURGE", "DELETE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE",
    "PEER.REMOVE", "LEADER.STEPDOWN", "CANCEL_MOVE",
)  # fmt: skip
CONSUMER_VERBS = (
    "CREATE",
    "DURABLE.CREATE",
    "INFO",
    "DELETE",
    "PAUSE",
    "RESET",
    "UNPIN",
    "LEADER.STEPDOWN",
    "MSG.NEXT",
)
KEPT = tuple(stream.subjects[0].split(".")[0] + "." for stream in STREAMS)
# As requests, and as what is stored, delivered and so becomes the request of a verb.
PAYLOADS = (
    b"{}",
    b'{"batch":1,"no_wait":true}',
    b'{"seq":1}',
    b'{"pause_until":"2100-01-01T00:00:00Z"}',
    b'{"name":"DSAR","subjects":["taken"],"stream_name":"DSAR","config":{"durable_name":"taken"}}',
)
CALLS_THAT_DESTROY = ("rpc.dsar.v1.open", "rpc.auth.v1.block", "rpc.consent.v1.withdraw_all")
MANY = 150
QUIET_SECONDS = 1.0


def targets() -> list[str]:
    """Every subject whose hearing does something in the account that holds the streams."""
    streams = [f"$JS.API.STREAM.{verb}.{stream.name}" for stream in STREAMS for verb in STREAM_VERBS]
    durables = [f"$JS.API.CONSUMER.{verb}.{at.stream}.{at.name}" for at in DURABLES for verb in CONSUMER_VERBS]
    acks = [f"$JS.ACK.{at.stream}.{at.name}.1.1.1.1.0" for at in DURABLES]
    others = ["$JS.API.STREAM.CREATE.MINE", "$JS.API.CONSUMER.CREATE.DSAR.mine", "$JS.API.ACCOUNT.PURGE.STORE"]
    return [*streams, *durables, *acks, *others, *kept_subjects()]


def kept_subjects() -> list[str]:
    granted = {subject for pair in connections() for subject in permissions_of(*pair).publish}
    return sorted(subject for subject in granted if subject.startswith(KEPT))


def subjects_of(service: str, account: str) -> list[str]:
    """What a service may publish, as concrete subjects."""
    granted = permissions_of(service, account).publish
    return [subject.replace(".>", ".1.1.1.1.0") if "$JS.ACK" in subject else subject for subject in granted]


async def fill(connections_by_service: dict[str, Connection]) -> dict[str, int]:
    """Enough messages that every fetch below delivers one, with the payloads that a verb would obey."""
    stored: dict[str, int] = Counter()
    for service, connection in connections_by_service.items():
        for subject in set(subjects_of(service, "EVENTS")) & set(kept_subjects()):
            for number in range(2 * len(PAYLOADS)):
                await connection.client.publish(subject, PAYLOADS[number % len(PAYLOADS)])
                stored[subject] += 1
    for connection in connections_by_service.values():
        await connection.settled()
    return stored


@pytest.mark.parametrize(("service", "account"), [pair for pair in connections() if pair[0] in SERVICES])
async def test_no_reply_subject_lends_a_service_more_than_it_may(
    service: str, account: str, server: NatsServer, connect: Connect
) -> None:
    stored = await fill({each: await connect(each, "EVENTS") for each in SERVICES})
    admin = (await connect("admin", "STORE")).client.jetstream()
    before = await streams_and_consumers(server)
    assert len(before) == len(STREAMS)
    attacker = await connect(service, account)
    for subject in subjects_of(service, account):
        for target in targets():
            payload = PAYLOADS[1] if is_fetch(subject) else PAYLOADS[0]
            await attacker.client.publish(subject, payload, reply=target)
        await attacker.settled()
    await asyncio.sleep(QUIET_SECONDS)
    assert await streams_and_consumers(server) == before
    own = set(subjects_of(service, account))  # what it may store by itself it may store as an answer, too
    found = await messages_by_subject(admin)
    assert {subject: count for subject, count in found.items() if subject not in own} == {
        subject: count for subject, count in stored.items() if subject not in own
    }


@pytest.mark.parametrize("attacker", SERVICES)
async def test_what_the_store_answers_reaches_nobody_elses_inbox_and_no_endpoint(
    attacker: str, connect: Connect
) -> None:
    heard: list[str] = []

    async def note(message: Msg) -> None:
        heard.append(message.subject)

    pairs = [(role, account) for role, account in connections() if role in SERVICES]
    for role, account in pairs:
        if (role, account) == (attacker, "EVENTS"):
            continue
        listener = await connect(role, account)
        for granted in permissions_of(role, account).subscribe:
            subject, _, queue = granted.partition(" ")
            await listener.client.subscribe(subject, queue=queue, cb=note)
        await listener.settled()
    own = await connect(attacker, "EVENTS")
    await fill({attacker: own})
    for subject in subjects_of(attacker, "EVENTS"):
        for victim in SERVICES:
            for reply in (f"_INBOX.{victim}.known.r.token", f"rpc.{victim}.v1.health", *CALLS_THAT_DESTROY):
                await own.client.publish(subject, PAYLOADS[1] if is_fetch(subject) else b"{}", reply=reply)
    await own.settled()
    await asyncio.sleep(QUIET_SECONDS)
    assert heard == []


def test_there_is_something_to_try() -> None:
    assert len(targets()) > MANY
    assert all(subjects_of(*pair) for pair in connections())
