"""The receipt log: one behaviour suite for the fake, SQLite and PostgreSQL, and what a visitor is told over the bus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.migrations import migrate
from contracts.errors import ErrorKind
from contracts.receipt_log import LOG_CONSISTENCY, LOG_HEAD, LOG_INCLUSION, LOG_KEYS, Consistency, LogHead, LogKeys
from kernel import merkle
from kernel.key_history import LoggedKey, check_places, history_of
from kernel.log_head import Head
from kernel.signature import public_key_of
from services.dsar.adapters import receipt_log
from services.dsar.adapters.published_log import SqlReceiptLog
from services.dsar.domain.log_keys import KeysContradict, KeysOfSettings
from services.dsar.domain.log_proofs import PADDED_TO, PUBLISHED_EVERY
from services.dsar.ports import ReceiptLog
from services.dsar.tables import Base
from services.dsar.usecases.keep_log import KeepLog
from tests.integration.dsar.cases import Dsar
from tests.support.clock import FakeClock
from tests.support.postgres import PostgresServer, postgres  # noqa: F401 — a fixture
from tests.support.receipt_logs import FakeReceiptLog

FIRST, SECOND = "01" * 32, "02" * 32
KEYS = KeysOfSettings(
    log_seed=FIRST, replaced_log_seed=None, receipt_keys={"auth": public_key_of("03" * 32), "dsar": "04" * 32}
)


@dataclass
class Kept:
    log: ReceiptLog
    append: Callable[[list[bytes]], Awaitable[int]]
    clock: FakeClock

    async def keep(self, keys: KeysOfSettings = KEYS) -> Head:
        await KeepLog(self.log, self.clock, keys).keep()
        head = await self.log.head()
        assert head is not None
        assert head.is_signed()
        return head

    async def history(self) -> list[LoggedKey]:
        published, head = await self.log.published_keys(), await self.log.head()
        assert published is not None
        assert head is not None
        check_places(published.keys, head.tree_size, head.root_hash)
        return list(published.keys)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    clock = FakeClock()
    if request.param == "fake":
        fake = FakeReceiptLog()
        yield Kept(fake, fake.append, clock)
        return
    url = f"sqlite:///{tmp_path}/dsar.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    database = Database(url, clock)
    await database.open()
    await migrate(database, Path("services/dsar/migrations"), Base.metadata)
    yield Kept(SqlReceiptLog(database), lambda leaves: database.write(receipt_log.append_all, leaves), clock)
    await database.close()


def some_leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


async def test_it_begins_with_its_keys_and_a_padded_head(kept: Kept) -> None:
    assert await kept.log.head() is None
    head = await kept.keep()
    assert head.tree_size == PADDED_TO
    keys = await kept.history()
    assert [(key.leaf_index, key.announcement.body.service) for key in keys] == [(0, "dsar"), (1, "auth"), (2, "dsar")]
    assert history_of(keys).log_keys == (head.public_key,) == (KEYS.log_key,)


async def test_a_day_without_receipts_looks_like_a_day_with_many(kept: Kept) -> None:
    first = await kept.keep()
    await kept.append(some_leaves(PADDED_TO - 1))
    assert await kept.keep() == first, "a head is published once a day"
    kept.clock.advance(PUBLISHED_EVERY)
    busy = await kept.keep()
    kept.clock.advance(PUBLISHED_EVERY)
    quiet = await kept.keep()
    assert [head.tree_size for head in (first, busy, quiet)] == [PADDED_TO, 2 * PADDED_TO, 3 * PADDED_TO]


async def test_every_growth_up_to_the_published_head_is_proved_and_none_beyond(kept: Kept) -> None:
    first = await kept.keep()
    await kept.append(some_leaves(40))
    inside = await kept.log.evidence([])
    kept.clock.advance(PUBLISHED_EVERY)
    second = await kept.keep()
    for size, root in ((first.tree_size, first.root_hash), (inside.tree_size, inside.root_hash)):
        proof = await kept.log.consistency(size, second.tree_size)
        assert proof is not None
        roots = bytes.fromhex(root), bytes.fromhex(second.root_hash)
        assert merkle.is_consistent(size, second.tree_size, *roots, [bytes.fromhex(step) for step in proof])
    await kept.append(some_leaves(1))
    assert await kept.log.consistency(first.tree_size, second.tree_size + 1) is None


async def test_a_leaf_is_found_by_its_hash_once_it_is_published(kept: Kept) -> None:
    first = await kept.keep()
    leaf = some_leaves(3)[2]
    await kept.append(some_leaves(3))
    assert await kept.log.inclusion(leaf.hex(), first.tree_size) is None
    kept.clock.advance(PUBLISHED_EVERY)
    second = await kept.keep()
    found = await kept.log.inclusion(leaf.hex(), second.tree_size)
    assert found is not None
    index, proof = found
    assert index == first.tree_size + 2
    root = merkle.root_by_proof(leaf, index, second.tree_size, [bytes.fromhex(step) for step in proof])
    assert root == bytes.fromhex(second.root_hash)
    assert await kept.log.inclusion(leaf.hex(), first.tree_size) is None
    assert await kept.log.inclusion("ff" * 32, second.tree_size) is None
    assert await kept.log.inclusion(leaf.hex(), second.tree_size + 1) is None


async def test_new_keys_are_announced_and_published_at_once(kept: Kept) -> None:
    await kept.keep()
    changed = replace(
        KEYS, log_seed=SECOND, replaced_log_seed=FIRST, receipt_keys={**KEYS.receipt_keys, "dsar": "05" * 32}
    )
    head = await kept.keep(changed)
    assert (head.tree_size, head.public_key) == (2 * PADDED_TO, public_key_of(SECOND))
    found = history_of(await kept.history())
    assert found.log_keys == (public_key_of(FIRST), public_key_of(SECOND))
    assert found.receipt_keys_before("dsar", head.tree_size) == ["04" * 32, "05" * 32]
    assert await kept.keep(replace(changed, replaced_log_seed=None)) == head


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"log_seed": FIRST}, "replaced before"),
        ({"log_seed": "06" * 32}, "set LARABOT_REPLACED_LOG_SEED"),
        ({"log_seed": "06" * 32, "replaced_log_seed": FIRST}, "set LARABOT_REPLACED_LOG_SEED"),
        ({"receipt_keys": KEYS.receipt_keys}, "key of dsar that was replaced before"),
    ],
)
async def test_keys_that_do_not_go_with_the_history_are_refused(
    kept: Kept, change: dict[str, str], because: str
) -> None:
    await kept.keep()
    now = replace(KEYS, log_seed=SECOND, replaced_log_seed=FIRST, receipt_keys={**KEYS.receipt_keys, "dsar": "05" * 32})
    head = await kept.keep(now)
    with pytest.raises(KeysContradict, match=because):
        await kept.keep(replace(now, **change))  # type: ignore[arg-type] # members by name
    assert await kept.log.head() == head


async def test_replicas_that_start_together_announce_once(kept: Kept) -> None:
    await asyncio.gather(*(kept.keep() for _ in range(4)))
    assert len(await kept.history()) == 1 + len(KEYS.receipt_keys)


async def test_anybody_reads_the_head_the_keys_and_the_proofs(dsar: Dsar) -> None:
    head: LogHead = await dsar.ask(LOG_HEAD)
    keys: LogKeys = await dsar.ask(LOG_KEYS)
    assert Head.model_validate(head.model_dump()).is_signed()
    assert head.public_key == keys.log_key == public_key_of(dsar.service.server.keys.secret("log"))
    entries = [LoggedKey.model_validate(key.model_dump()) for key in keys.keys]
    check_places(entries, head.tree_size, head.root_hash)
    proof: Consistency = await dsar.ask(LOG_CONSISTENCY, {"first": 3, "second": head.tree_size})
    assert proof.proof
    place = await dsar.ask(
        LOG_INCLUSION, {"leaf_hash": entries[-1].announcement.leaf().hex(), "tree_size": head.tree_size}
    )
    assert place.leaf_index == entries[-1].leaf_index


REFUSED = (
    (LOG_CONSISTENCY, {"first": 1, "second": 1_000_000}, ErrorKind.NOT_FOUND),
    (LOG_CONSISTENCY, {"first": 5, "second": 4}, ErrorKind.INVALID),
    (LOG_CONSISTENCY, {"first": 0, "second": 4}, ErrorKind.INVALID),
    (LOG_CONSISTENCY, {"first": 1, "second": 2**60}, ErrorKind.INVALID),
    (LOG_INCLUSION, {"leaf_hash": "ff" * 32, "tree_size": 4}, ErrorKind.NOT_FOUND),
    (LOG_INCLUSION, {"leaf_hash": "../" * 20, "tree_size": 4}, ErrorKind.INVALID),
)


async def test_what_is_not_there_is_refused(dsar: Dsar) -> None:
    async with dsar.gateway as gateway:
        found = [(await gateway.refused(call, asked)).kind for call, asked, _ in REFUSED]
    assert found == [kind for _, _, kind in REFUSED]


async def test_a_log_key_that_nobody_vouches_for_keeps_dsar_from_starting(dsar: Dsar) -> None:
    dsar.service.change(log_seed="09" * 32)
    with pytest.raises(RuntimeError, match=r"refusing to start: the receipt log is signed with the key [0-9a-f]{64}"):
        await dsar.service.restart()
