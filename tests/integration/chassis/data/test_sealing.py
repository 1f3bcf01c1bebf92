"""Sealed columns on both engines: read by whoever has the keys, found by index, and gone with the key of their row."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Executable,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    text,
)

from chassis.database import Database, Session, wake_after_commit
from chassis.sealing import (
    SUBJECT_KEYS,
    BlindIndex,
    Damaged,
    KeyDestroyed,
    KeyFile,
    KeyFileRefused,
    Sealed,
    Sealing,
    UnsealedValue,
    WrongSealKey,
    destroy_unused,
    new_key,
    reseal,
    still_held,
    unneeded,
)
from chassis.sealing.destruction import KeyDestruction
from chassis.sealing.subject_keys import SealSecrets
from chassis.tables import standard_tables
from chassis.tasks import end_all
from tests.support.postgres import PostgresServer
from tests.support.sealing import SEAL_KEY, keys_left, make_tables, opened_with, sealing_for

METADATA = MetaData()
standard_tables(METADATA, mail=False, sealed=True)
READER = Table(
    "reader",
    METADATA,
    Column("id", String, primary_key=True),
    Column("sealed_by", BigInteger, nullable=False),
    Column("email", Sealed("reader.email"), nullable=False),
    Column("email_index", BlindIndex("email"), nullable=False, unique=True),
    Column("name", Sealed("reader.name")),
)


class Readers:
    """A table of readers, and the subject keys that it is sealed under."""

    def __init__(self, database: Database, sealing: Sealing, url: str, raw: Callable[[], bytes]) -> None:
        self.database = database
        self.sealing = sealing
        self.url = url
        self.raw = raw

    async def add(self, word: str) -> int:
        return await self.database.write(add, word)

    async def email_of(self, word: str) -> str | None:
        query = select(READER.c.email).where(READER.c.id == word)
        return await self.database.read(lambda session: session.scalar(query))

    async def remove(self, *words: str) -> None:
        await self.run(delete(READER).where(READER.c.id.in_(words)))

    async def run(self, statement: Executable) -> None:
        await self.database.write(run, statement)

    async def erase(self, *words: str) -> list[int]:
        def work(session: Session) -> list[int]:
            session.execute(delete(READER).where(READER.c.id.in_(words)))
            return destroy_unused(session)

        return await self.database.write(work)


def run(session: Session, statement: Executable) -> None:
    session.execute(statement)


def add(session: Session, word: str) -> int:
    key = new_key(session)
    email = f"{word}@sealed.example"
    row = {"id": word, "sealed_by": key.cell, "email": key.seal(email), "email_index": email}
    session.execute(insert(READER).values(**row, name=key.seal(f"Åse {word}")))
    return key.cell


@pytest.fixture
async def readers(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Readers]:
    sealing = sealing_for("toy", METADATA, tmp_path)
    sealing.file.open()
    database = Database(url, None, sealing.attach)
    await database.open()
    await make_tables(database, METADATA)
    await database.write(sealing.pair)

    def raw() -> bytes:
        if database.dialect == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            return server.stored_bytes()
        return b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())

    yield Readers(database, sealing, url, raw)
    await database.close()
    sealing.file.close()


async def test_what_is_sealed_is_read_as_text_and_found_by_its_index(readers: Readers) -> None:
    await readers.add("anna")
    query = select(READER.c.name).where(READER.c.email_index == "anna@sealed.example")
    assert await readers.database.read(lambda session: session.scalar(query)) == "Åse anna"
    raw = readers.raw()
    assert b"anna@sealed" not in raw
    assert "Åse anna".encode() not in raw
    assert "Åse anna".encode() in opened_with(raw, keys_left(readers.sealing))


async def test_a_plain_text_is_refused_by_a_sealed_column(readers: Readers) -> None:
    for statement in (
        insert(READER).values(id="bo", sealed_by=1, email="bo@sealed.example", email_index="x"),
        select(READER).where(READER.c.email == "bo@sealed.example"),
    ):
        with pytest.raises(Exception, match=r"reader\.email") as refused:
            await readers.run(statement)
        assert isinstance(refused.value.__cause__, UnsealedValue)


@pytest.mark.parametrize("moved", ["UPDATE reader SET email = name", "UPDATE reader SET email = :other"])
async def test_a_value_opens_in_its_own_row_and_column_only(readers: Readers, moved: str) -> None:
    await readers.add("anna")
    await readers.add("bo")
    raw = text("SELECT email FROM reader WHERE id = 'bo'")
    other = await readers.database.read(lambda session: session.scalar(raw))
    values = {"other": bytes(other[:4]) + (1).to_bytes(4) + bytes(other[8:])}  # as if it were under anna's key
    await readers.database.write(
        lambda session: session.execute(text(f"{moved} WHERE id = 'anna'"), values if ":other" in moved else {})
    )
    with pytest.raises(Damaged):
        await readers.email_of("anna")
    assert await readers.email_of("bo") == "bo@sealed.example"


async def test_the_key_of_a_deleted_row_is_destroyed_and_its_cell_used_again(readers: Readers) -> None:
    cell = await readers.add("anna")
    sealed = await readers.database.read(lambda session: session.scalar(text("SELECT email FROM reader")))
    await readers.remove("anna")
    assert readers.sealing.file.holds(cell)
    assert await readers.database.write(destroy_unused) == [cell]
    assert await readers.database.read(still_held, [cell]) == 0
    with pytest.raises(KeyDestroyed):
        readers.sealing.key_of(cell)
    assert await readers.add("bo") == cell
    with pytest.raises(Damaged):
        readers.sealing.key_of(cell).decrypted("reader.email", bytes(sealed))
    assert await readers.email_of("bo") == "bo@sealed.example"


async def test_an_erasure_destroys_keys_in_its_own_transaction_and_nobody_elses(readers: Readers) -> None:
    cells = {word: await readers.add(word) for word in ("anna", "bo", "cilla")}
    assert await readers.erase("bo") == [cells["bo"]]
    assert readers.sealing.file.occupied() == {cells["anna"], cells["cilla"]}
    assert await readers.email_of("cilla") == "cilla@sealed.example"
    assert await readers.erase("bo") == []


async def test_a_unit_that_fails_leaves_no_key(readers: Readers) -> None:
    def failing(session: Session) -> None:
        add(session, "anna")
        raise ZeroDivisionError

    await asyncio.gather(
        readers.add("bo"), readers.database.write(failing), readers.add("cilla"), return_exceptions=True
    )
    assert len(readers.sealing.file.occupied()) == 2
    assert [await readers.email_of(word) for word in ("anna", "bo", "cilla")] == [
        None,
        "bo@sealed.example",
        "cilla@sealed.example",
    ]


async def test_a_key_that_no_row_was_written_under_is_given_back(readers: Readers) -> None:
    await readers.database.write(lambda session: unneeded(session, new_key(session)))
    assert len(await readers.database.write(destroy_unused)) == 1


async def test_nothing_is_committed_whose_key_is_not_on_the_disk(readers: Readers, tmp_path: Path) -> None:
    class FullDisk(KeyFile):
        def sync(self) -> None:
            raise OSError(28, "no space left")

    sealing = sealing_for("toy", METADATA, tmp_path)
    sealing.file = FullDisk(tmp_path / "toy.keys", SealSecrets.derived(bytes.fromhex(SEAL_KEY)).wrapping_key, "toy")
    sealing.file.open()
    database = Database(readers.url, None, sealing.attach)
    await database.open()
    with pytest.raises(OSError, match="no space"):
        await database.write(add, "anna")
    await database.close()
    assert await readers.email_of("anna") is None


async def test_a_key_that_a_crash_left_without_a_row_is_destroyed_at_the_next_start(readers: Readers) -> None:
    cell = await readers.add("anna")
    readers.sealing.file.make(cell + 7)  # made, and killed before the commit
    assert await readers.database.write(readers.sealing.pair) == 1
    assert readers.sealing.file.occupied() == {cell}


async def test_a_key_file_that_belongs_to_another_database_is_refused(readers: Readers, tmp_path: Path) -> None:
    await readers.add("anna")
    other = sealing_for("toy", METADATA, tmp_path / "other")
    other.file.open()
    with pytest.raises(KeyFileRefused, match="not the one"):
        await readers.database.write(other.pair)
    await readers.run(delete(METADATA.tables["subject_key"]))
    with pytest.raises(KeyFileRefused, match="database is new"):
        await readers.database.write(readers.sealing.pair)
    assert readers.sealing.file.occupied() == {1}


def test_another_seal_key_is_refused(tmp_path: Path) -> None:
    first = sealing_for("toy", METADATA, tmp_path)
    first.file.open()
    with pytest.raises(WrongSealKey, match=r"toy\.keys"):
        sealing_for("toy", METADATA, tmp_path, "77" * 32).file.open()


async def test_changed_values_are_under_a_new_key_and_the_old_ones_gone(readers: Readers) -> None:
    cell = await readers.add("anna")
    where = READER.c.id == "anna"
    changed = {"email": "anna.berg@sealed.example"}
    assert await readers.database.write(reseal, READER, where, changed) == 1
    assert await readers.database.write(destroy_unused) == [cell]
    query = select(READER.c.email, READER.c.name).where(READER.c.email_index == "anna.berg@sealed.example")
    found = await readers.database.read(lambda session: session.execute(query).one())
    assert tuple(found) == ("anna.berg@sealed.example", "Åse anna")


async def test_replicas_side_by_side_never_share_a_cell(readers: Readers, tmp_path: Path) -> None:
    sealings = [sealing_for("toy", METADATA, tmp_path) for _ in range(3)]
    others = [Database(readers.url, None, sealing.attach) for sealing in sealings]
    for sealing, other in zip(sealings, others, strict=True):
        sealing.file.open()
        await other.open()

    async def live(database: Database, name: str) -> None:
        for number in range(10):
            await database.write(add, f"{name}{number}")
            if number % 2:
                gone = delete(READER).where(READER.c.id == f"{name}{number}")
                await database.write(run, gone)
                await database.write(destroy_unused)

    await asyncio.gather(*(live(database, name) for database, name in zip(others, "abc", strict=True)))
    for number in range(0, 10, 2):
        for name in "abc":
            assert await readers.email_of(f"{name}{number}") == f"{name}{number}@sealed.example"
    assert len(readers.sealing.file.occupied()) == 15
    for other in others:
        await other.close()


async def test_the_worker_destroys_soon_after_the_commit(readers: Readers) -> None:
    cell = await readers.add("anna")
    worker = asyncio.create_task(KeyDestruction(readers.database, readers.sealing).run())
    await asyncio.sleep(0.05)

    def remove(session: Session) -> None:
        session.execute(delete(READER))
        wake_after_commit(session, SUBJECT_KEYS)

    await readers.database.write(remove)
    async with asyncio.timeout(5):
        while readers.sealing.file.holds(cell):
            await asyncio.sleep(0.01)
    await end_all([worker])


async def test_after_180_erasures_among_inserts_nothing_that_is_left_opens(readers: Readers) -> None:
    """Pages that were balanced, dead rows and write-ahead logs keep copies; no key of the installation opens them."""
    for number in range(180):
        await asyncio.gather(readers.add(f"gone{number}"), readers.add(f"kept{number % 7}x{number}"))
        if number % 2:
            await readers.erase(f"gone{number}", f"gone{number - 1}", f"kept{number % 7}x{number}")
    raw = readers.raw()
    opened = opened_with(raw, keys_left(readers.sealing))
    assert b"@sealed" not in raw
    assert b"kept6x" in opened
    assert b"gone" not in opened


async def test_one_parameter_finds_rows_by_several_indexes(readers: Readers) -> None:
    """As a command does, which asks all tables of a service in one statement."""
    await readers.add("anna")
    again = READER.alias("again")
    named: BindParameter[str] = bindparam("by_email", expanding=True)
    join = select(READER.c.id, again.c.id).join_from(READER, again, READER.c.id == again.c.id)
    query = join.where(READER.c.email_index.in_(named), again.c.email_index.in_(named))
    values = {"by_email": ["anna@sealed.example", "bo@sealed.example"]}
    found = await readers.database.read(lambda session: session.execute(query, values).all())
    assert [tuple(row) for row in found] == [("anna", "anna")]
