"""The stream of the ledger, read again from its beginning by its owner and by nobody else."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.errors import Refusal
from contracts.fulfilment import CommandKind
from contracts.identifiers import new_id
from contracts.ledger import LEDGER_ENTERED, Entry, KeyedHash
from contracts.personal_data import Locator
from tests.support.bus_roles import Connect
from tests.support.nats import NatsServer
from tests.support.running_service import BusClient
from tests.support.waiting import until

MORE_THAN_A_BATCH = 300


def entry(sequence: int) -> Entry:
    hashed = KeyedHash(kind=Locator.EMAIL, hash=f"{sequence:064x}")
    now = datetime.now(UTC)  # noqa: TID251 — any time
    return Entry(sequence=sequence, command_id=new_id(), kind=CommandKind.ERASE, recorded_at=now, hashes=[hashed])


async def test_all_that_was_entered_is_read_in_order_as_often_as_one_likes(tmp_path: Path) -> None:
    async with NatsServer(tmp_path / "bus") as server, BusClient("dsar", server) as dsar:
        assert [found async for found in dsar.bus.stored(LEDGER_ENTERED)] == []
        entries = [entry(sequence) for sequence in range(1, MORE_THAN_A_BATCH + 1)]
        await asyncio.gather(*(dsar.tell(LEDGER_ENTERED, each) for each in entries))
        for _ in range(2):
            found = [found async for found in dsar.bus.stored(LEDGER_ENTERED)]
            assert sorted(found, key=lambda each: each.sequence) == entries


async def test_it_is_kept_over_a_kill_and_a_missing_server_is_said(tmp_path: Path) -> None:
    async with NatsServer(tmp_path / "bus") as server, BusClient("dsar", server) as dsar:
        await dsar.tell(LEDGER_ENTERED, entry(1))
        await server.kill()
        await until(lambda: not dsar.bus.connected)
        with pytest.raises(Refusal):
            _ = [found async for found in dsar.bus.stored(LEDGER_ENTERED)]
        await server.restart()
        await until(lambda: dsar.bus.connected)
        assert [found.sequence async for found in dsar.bus.stored(LEDGER_ENTERED)] == [1]


async def test_nobody_else_may_read_it_or_enter_anything(tmp_path: Path) -> None:
    async with NatsServer(tmp_path / "bus") as server:
        connect = Connect(server)
        auth = await connect("auth", "EVENTS")
        for subject in ("$JS.API.DIRECT.GET.LEDGER", "$JS.API.STREAM.PURGE.LEDGER", LEDGER_ENTERED.subject):
            assert not await auth.may_publish(subject)
        dsar = await connect("dsar", "EVENTS")
        assert await dsar.may_publish("$JS.API.DIRECT.GET.LEDGER")
        assert not await dsar.may_publish("$JS.API.STREAM.PURGE.LEDGER")
        for connection in connect.opened:
            await connection.client.close()
