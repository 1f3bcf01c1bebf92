"""Backups of real databases, on both engines: what comes back, what is refused, and when it ends."""

import asyncio
import importlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from chassis.clock import Clock
from chassis.database import Database, Session
from chassis.migrations import migrate
from ops.backup.databases import in_data_directory
from ops.backup.day_keys import DayKeys
from ops.backup.kinds import Kind
from ops.backup.making import back_up_databases
from ops.backup.progress import Progress
from ops.backup.refusal import BackupRefused
from ops.backup.repository import Repository
from ops.backup.restoring import restore_databases
from ops.backup.targets import FolderTarget, Target, open_target
from tests.support.postgres import PostgresServer

DAY = 86400
SERVICE = "newsletter"
NEWSLETTER = importlib.import_module(f"services.{SERVICE}.tables")
MIGRATIONS = Path(str(NEWSLETTER.__file__)).parent / "migrations"
TABLES = NEWSLETTER.TABLES
MARKER = b"message number "


def repository(folder: Path, target: Target | None = None, days_later: float = 0) -> Repository:
    target = target or open_target(str(folder / "target"), {})
    return Repository(Kind.DATA, target, DayKeys(folder / "day-keys"), 30, Clock(days_later * DAY), Progress())


class Filled:
    """A service's database with messages in its outbox, whose numbers are never used twice."""

    def __init__(self, url: str) -> None:
        self.urls = {SERVICE: url}
        self.database = Database(url)

    async def open(self) -> None:
        await self.database.open()
        await migrate(self.database, MIGRATIONS, NEWSLETTER.Base.metadata)

    async def add(self, count: int = 1) -> None:
        def rows(session: Session) -> None:
            at = Clock().now()
            for n in range(count):
                row = {"subject": f"evt.{n}", "payload": MARKER + bytes([0, 255, n % 256]), "message_id": f"å{n}"}
                session.execute(insert(TABLES.outbox).values(**row, created_at=at))

        await self.database.write(rows)

    async def erased(self, sequence: int) -> None:
        row = insert(TABLES.watermark).values(holder=SERVICE, last_erasure_seq=sequence)
        await self.database.write(lambda session: session.execute(row).close())

    async def rows(self) -> list[Any]:
        query = select(TABLES.outbox).order_by(TABLES.outbox.c.id)
        return await self.database.read(lambda session: list(session.execute(query).all()))

    async def last_number(self) -> int:
        query = select(func.max(TABLES.outbox.c.id))
        return await self.database.read(lambda session: session.execute(query).scalar_one() or 0)


@pytest.fixture(params=["sqlite", "postgresql"])
async def filled(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Filled]:
    url = f"sqlite:///{tmp_path / 'data' / SERVICE / f'{SERVICE}.db'}"
    (tmp_path / "data" / SERVICE).mkdir(parents=True)
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    store = Filled(url)
    await store.open()
    await store.add(100)
    yield store
    await store.database.close()


async def test_what_was_backed_up_comes_back(filled: Filled, tmp_path: Path, target: Target) -> None:
    await filled.erased(7)
    before, kept = await filled.rows(), repository(tmp_path, target)
    manifest = await asyncio.to_thread(back_up_databases, kept, filled.urls)
    assert [(copy.service, copy.last_erasure_sequence) for copy in manifest.databases] == [(SERVICE, 7)]
    assert kept.check(kept.resolve("latest")) == manifest
    await filled.add(5)
    await filled.database.close()
    restore_databases(kept, manifest.name, filled.urls, [], force=True)
    await filled.open()
    assert await filled.rows() == before
    await filled.add()
    assert await filled.last_number() > before[-1].id


async def test_a_database_that_is_there_is_replaced_only_by_force(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    await filled.add(1)
    await filled.database.close()
    with pytest.raises(BackupRefused, match="--force"):
        restore_databases(repository(tmp_path), manifest.name, filled.urls, [], force=False)
    await filled.database.open()
    assert len(await filled.rows()) == 101


async def test_a_changed_backup_replaces_nothing(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    path = max((tmp_path / "target" / manifest.name).glob("*.age"), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BackupRefused, match="changed"):
        repository(tmp_path).check(manifest.name)
    await filled.add(1)
    await filled.database.close()
    with pytest.raises(BackupRefused, match="changed"):
        restore_databases(repository(tmp_path), manifest.name, filled.urls, [], force=True)
    await filled.open()
    assert len(await filled.rows()) == 101


async def test_it_goes_on_writing_meanwhile(filled: Filled, tmp_path: Path) -> None:
    """The copy is of one moment: whole units of work, and as many as were committed when it began or later."""
    writing = asyncio.create_task(write_in_pairs(filled))
    manifests = [await asyncio.to_thread(back_up_databases, repository(tmp_path / str(n)), filled.urls) for n in "ab"]
    writing.cancel()
    assert manifests
    await filled.database.close()
    restore_databases(repository(tmp_path / "b"), manifests[1].name, filled.urls, [], force=True)
    await filled.open()
    rows = await filled.rows()
    assert len(rows) >= 100
    assert len(rows) % 2 == 0


async def write_in_pairs(filled: Filled) -> None:
    while True:
        await filled.add(2)


async def test_no_byte_of_it_can_be_read_in_the_target(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "target").rglob("*") if path.is_file())
    assert len(everything) > 100
    assert MARKER not in everything
    assert (
        str(DayKeys(tmp_path / "day-keys").of_day(Kind.DATA, manifest.made_at.date()).identity).encode()
        not in everything
    )


async def test_it_ends_with_the_key_of_its_day(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    early = repository(tmp_path, days_later=29)
    assert (early.expire().days, early.target.names()) == ([], [manifest.name])
    ended = repository(tmp_path, days_later=30).expire()
    assert (ended.days, ended.backups) == ([manifest.made_at.date()], [manifest.name])
    assert list((tmp_path / "target").iterdir()) == []


async def test_keys_that_are_merely_elsewhere_end_no_backup(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    elsewhere = Repository(
        Kind.DATA, FolderTarget(tmp_path / "target"), DayKeys(tmp_path / "empty"), 30, Clock(29 * DAY), Progress()
    )
    assert elsewhere.expire().backups == []
    with pytest.raises(BackupRefused, match="destroyed, or kept elsewhere"):
        elsewhere.check(manifest.name)


BLOCKED = """
import sys
from pathlib import Path
from chassis.clock import Clock
from ops.backup.day_keys import DayKeys
from ops.backup.kinds import Kind
from ops.backup.progress import Progress
from ops.backup.repository import Repository
from ops.backup.targets import FolderTarget

class Blocked:
    size = 0

    def read(self, size=-1):
        self.size += 8192
        if self.size > 1_000_000:
            print("half", flush=True)
            sys.stdin.read()
        return bytes(8192)

folder = Path(sys.argv[1])
target, keys = FolderTarget(folder / "target"), DayKeys(folder / "day-keys")
Repository(Kind.DATA, target, keys, 30, Clock(), Progress()).begin().store("auth.db.age", Blocked(), "auth")
"""


def test_a_backup_that_was_killed_is_none(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BLOCKED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(b"half\n")
        process.send_signal(signal.SIGKILL)
    kept = repository(tmp_path)
    assert len(kept.target.unfinished()) == 1
    with pytest.raises(BackupRefused, match="There is no backup latest"):
        kept.resolve("latest")
    assert kept.expire().backups == []  # it may be another machine's that is being written now
    assert (
        repository(tmp_path, days_later=1.5).expire().backups == kept.target.unfinished()
        or not kept.target.unfinished()
    )
    assert kept.target.unfinished() == []


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no database"):
        back_up_databases(repository(tmp_path), in_data_directory(tmp_path / "nowhere"))


async def test_a_damaged_database_is_not_backed_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/{SERVICE}.db"
    store = Filled(url)
    await store.open()
    await store.add(2000)
    await store.database.close()
    path = tmp_path / f"{SERVICE}.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(BackupRefused, match=r"cannot be copied|damaged"):
        back_up_databases(repository(tmp_path), store.urls)
    assert repository(tmp_path).target.names() == []
    assert not list(tmp_path.glob("*.snapshot"))


async def test_a_copy_of_a_revision_that_is_not_known_is_refused(postgres: PostgresServer, tmp_path: Path) -> None:
    store = Filled(await postgres.fresh_database())
    await store.open()
    await store.database.write(
        lambda session: session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'").close()
    )
    await store.database.close()
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), store.urls)
    with pytest.raises(BackupRefused, match="revision 9999 is not among those known"):
        restore_databases(repository(tmp_path), manifest.name, store.urls, [], force=True)


async def test_a_database_in_use_is_not_replaced(filled: Filled, tmp_path: Path) -> None:
    manifest = await asyncio.to_thread(back_up_databases, repository(tmp_path), filled.urls)
    await filled.database.read(lambda session: session.connection().exec_driver_sql("SELECT 1").close())
    with pytest.raises(BackupRefused, match="in use"):
        restore_databases(repository(tmp_path), manifest.name, filled.urls, [], force=True)
    assert len(await filled.rows()) == 100
