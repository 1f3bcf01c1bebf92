"""What each role must not be able to do on the bus, tried against the real server."""

import asyncio
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg

from contracts.derive.permissions import connections, permissions_of
from contracts.derive.streams import STREAMS
from contracts.dsar import ERASURE_COMPLETED, ERASURE_REQUESTED
from contracts.holder import SERVICES
from ops.bus_config import init_bus, main
from tests.support import http
from tests.support.bus_roles import Connect
from tests.support.nats import NatsServer

RECEIPT = ERASURE_COMPLETED.subject_for("analytics")


FORBIDDEN_TO_PUBLISH = [
    ("gateway", "rpc.auth.v1.locators"),
    ("auth", "rpc.dsar.v1.open"),
    ("auth", "_INBOX.consent.abc"),
    ("consent", RECEIPT),
    ("analytics", RECEIPT),
    ("analytics", ERASURE_COMPLETED.subject_for("brevo")),
    ("dsar", ERASURE_COMPLETED.subject_for("auth")),
    ("gateway", ERASURE_REQUESTED.subject),
    ("gateway", "signal.consent.consent.changed.v1"),
    ("auth", "$JS.API.CONSUMER.MSG.NEXT.DSAR.erase-consent"),
    ("auth", "$JS.ACK.DSAR.erase-consent.1.1.1.1.0"),
    ("dsar", "$JS.API.STREAM.PURGE.DSAR"),
    ("dsar", "$JS.API.STREAM.DELETE.DSAR"),
    ("dsar", "$JS.API.STREAM.MSG.GET.DSAR"),
    ("dsar", "$JS.API.STREAM.CREATE.MINE"),
    ("dsar", "$JS.API.CONSUMER.CREATE.DSAR.mine"),
    ("admin", "$JS.API.STREAM.PURGE.DSAR"),
    ("admin", "$JS.API.STREAM.MSG.GET.DSAR"),
    ("admin", "$JS.API.CONSUMER.MSG.NEXT.DSAR.erase-auth"),
    ("admin", ERASURE_REQUESTED.subject),
    ("auth", "dlq.consent.erase-consent"),
]
FORBIDDEN_TO_STORE = [
    ("consent", RECEIPT),
    ("analytics", ERASURE_COMPLETED.subject_for("brevo")),
    ("dsar", ERASURE_COMPLETED.subject_for("auth")),
    ("gateway", ERASURE_REQUESTED.subject),
    ("auth", "$JS.API.CONSUMER.MSG.NEXT.DSAR.erase-consent"),
    ("auth", "$JS.API.CONSUMER.INFO.DSAR.erase-auth"),
    ("auth", "$JS.ACK.DSAR.erase-consent.1.1.1.1.0"),
    ("dsar", "$JS.API.STREAM.PURGE.DSAR"),
    ("dsar", "$JS.API.STREAM.MSG.GET.DSAR"),
    ("dsar", "$JS.API.STREAM.CREATE.MINE"),
    ("dsar", "$JS.API.CONSUMER.CREATE.DSAR.mine"),
    ("auth", "dlq.consent.erase-consent"),
    ("gateway", "rpc.auth.v1.login"),
    ("auth", "_INBOX.consent.abc"),
]
FORBIDDEN_TO_HEAR = [
    ("gateway", ">", ""),
    ("gateway", "rpc.auth.v1.login", "auth"),
    ("auth", "rpc.auth.v1.login", ""),
    ("auth", "rpc.auth.v1.login", "other"),
    ("auth", "rpc.auth.v1.*", "auth"),
    ("auth", "_INBOX.gateway.>", ""),
    ("auth", "_INBOX.>", ""),
    ("auth", RECEIPT, ""),
    ("analytics", "signal.textproxy.usage.counted.v1", ""),
    ("newsletter", "signal.auth.sessions.revoked.v1", ""),
    ("auth", "$JS.EVENT.ADVISORY.>", ""),
    ("admin", "evt.>", ""),
]


async def test_a_role_cannot_publish_what_is_not_its_own(connect: Connect) -> None:
    roles = {role: await connect(role, home(role)) for role in dict.fromkeys(role for role, _ in FORBIDDEN_TO_PUBLISH)}
    possible = [(role, subject) for role, subject in FORBIDDEN_TO_PUBLISH if await roles[role].may_publish(subject)]
    assert possible == []


async def test_a_service_reaches_no_event_but_its_own(connect: Connect) -> None:
    roles = {role: await connect(role, "EVENTS") for role in dict.fromkeys(role for role, _ in FORBIDDEN_TO_STORE)}
    possible = [(role, subject) for role, subject in FORBIDDEN_TO_STORE if await roles[role].may_publish(subject)]
    assert possible == []


async def test_a_role_cannot_listen_where_it_has_no_business(connect: Connect) -> None:
    roles = {role: await connect(role, home(role)) for role in dict.fromkeys(role for role, _, _ in FORBIDDEN_TO_HEAR)}
    possible = [each for each in FORBIDDEN_TO_HEAR if await roles[each[0]].may_subscribe(*each[1:])]
    assert possible == []


async def test_a_role_may_do_all_that_the_table_grants_and_nothing_that_it_grants_others(
    connect: Connect,
) -> None:
    granted = {pair: permissions_of(*pair) for pair in connections()}
    everything = sorted({concrete(subject) for each in granted.values() for subject in each.publish})
    for role, account in connections():
        connection = await connect(role, account)
        for subject in everything:
            await connection.client.publish(subject, b"{}")
        refused = {text.split('"')[1] for text in await connection.refused()}
        allowed = {concrete(subject) for subject in granted[role, account].publish}
        assert refused == {subject.lower() for subject in everything} - {subject.lower() for subject in allowed}


async def test_every_granted_subscription_is_accepted(connect: Connect) -> None:
    for role, account in connections():
        connection = await connect(role, account)
        for granted in permissions_of(role, account).subscribe:
            subject, _, queue = granted.partition(" ")
            assert await connection.may_subscribe(subject, queue), (role, granted)


async def test_a_caller_cannot_make_an_owner_publish_by_naming_a_reply_subject(connect: Connect) -> None:
    gateway, consent = await connect("gateway"), await connect("consent")
    dsar = await connect("dsar", "EVENTS")
    await dsar.client.jetstream().publish(ERASURE_REQUESTED.subject, b"{}")

    async def answer(message: Msg) -> None:
        await message.respond(b"{}")

    await consent.client.subscribe("rpc.consent.v1.get", queue="consent", cb=answer)
    await consent.settled()
    for aim in (RECEIPT, "$JS.API.STREAM.PURGE.DSAR"):
        assert await gateway.may_publish("rpc.consent.v1.get", reply=aim)
        refusals = await consent.refused()
        assert aim.lower() in refusals[-1]
    kept = await stream_state(connect)
    assert kept.messages == 1


async def test_an_answer_reaches_its_caller(connect: Connect) -> None:
    gateway, consent = await connect("gateway"), await connect("consent")

    async def answer(message: Msg) -> None:
        await message.respond(b"yes")

    await consent.client.subscribe("rpc.consent.v1.get", queue="consent", cb=answer)
    await consent.settled()
    assert (await gateway.client.request("rpc.consent.v1.get", b"{}", timeout=2)).data == b"yes"


async def test_content_is_out_of_reach_of_jetstream(connect: Connect) -> None:
    textproxy, gateway = await connect("textproxy", "CONTENT"), await connect("gateway", "CONTENT")
    for connection in (textproxy, gateway):
        for subject in ("$JS.API.INFO", "$JS.API.STREAM.CREATE.TEXTS", ERASURE_REQUESTED.subject):
            assert not await connection.may_publish(subject)


async def test_content_keeps_no_stream_even_for_one_who_may_ask(server: NatsServer) -> None:
    """JetStream is off for the account, not merely forbidden to its roles."""
    text = server.configuration.read_text()
    server.configuration.write_text(
        text.replace('"rpc.textproxy.v1.generate"\n', '"rpc.textproxy.v1.generate", "$JS.API.>"\n')
    )
    assert "$JS.API.>" in server.configuration.read_text()
    await server.restart()
    gateway = await server.connect("gateway", "CONTENT")
    answer = await gateway.request("$JS.API.STREAM.CREATE.TEXTS", b'{"name":"TEXTS","subjects":["rpc.>"]}', timeout=2)
    assert b"not enabled for account" in answer.data
    await gateway.close()


async def test_text_never_crosses_into_the_account_that_can_keep_it(connect: Connect) -> None:
    assert not await (await connect("gateway", "APP")).may_publish("rpc.textproxy.v1.generate")
    assert not await (await connect("textproxy", "APP")).may_subscribe("rpc.textproxy.v1.generate", "textproxy")


async def test_nobody_connects_without_a_key(server: NatsServer) -> None:
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await nats.connect(server.url, allow_reconnect=False, error_cb=silent)


async def test_making_the_streams_again_changes_nothing(server: NatsServer, connect: Connect) -> None:
    dsar = await connect("dsar", "EVENTS")
    await dsar.client.jetstream().publish(ERASURE_REQUESTED.subject, b"{}")
    before = await stream_state(connect)
    await init_bus(server.servers, server.seed("admin", "STORE"))
    assert await stream_state(connect) == before


async def test_the_operator_can_make_them_by_command(server: NatsServer, tmp_path: Path) -> None:
    seed = tmp_path / "admin.seed"
    seed.write_text(server.seed("admin", "STORE") + "\n")
    assert await asyncio.to_thread(main, ["--url", server.url, "--seed-file", str(seed)]) == 0


async def test_another_role_cannot_make_streams(server: NatsServer, connect: Connect) -> None:
    dsar = await connect("dsar", "EVENTS")
    with pytest.raises(TimeoutError):
        await dsar.client.request("$JS.API.STREAM.CREATE.MINE", b'{"name":"MINE","subjects":["mine"]}', timeout=0.3)
    assert (await http_json(f"{server.monitor_url}/jsz"))["streams"] == len(STREAMS)


async def test_streams_and_durables_survive_a_kill(server: NatsServer, connect: Connect) -> None:
    dsar = await connect("dsar", "EVENTS")
    await dsar.client.jetstream().publish(ERASURE_REQUESTED.subject, b'{"erasure_id":"x"}')
    await server.kill()
    await server.restart()
    for service in SERVICES:
        client = await server.connect(service, "EVENTS")
        subscription = await client.jetstream().pull_subscribe_bind(consumer=f"erase-{service}", stream="DSAR")
        (message,) = await subscription.fetch(1, timeout=2)
        assert message.data == b'{"erasure_id":"x"}'
        await message.ack_sync()
        await client.close()


async def stream_state(connect: Connect) -> Any:
    admin = await connect("admin", "STORE")
    return (await admin.client.jetstream().stream_info("DSAR")).state


async def http_json(url: str) -> dict[str, Any]:
    async with http.async_client(timeout=5) as client:
        found: dict[str, Any] = (await client.get(url)).json()
        return found


def concrete(subject: str) -> str:
    """A subject that the pattern covers."""
    return subject.replace("*", "any").replace(">", "any.thing")


def home(role: str) -> str:
    """The account of a role's first key."""
    return next(account for name, account in connections() if name == role)


async def silent(_error: Exception) -> None:
    pass
