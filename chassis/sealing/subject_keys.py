"""Subject keys: one for each row that holds sealed columns, made with the row and destroyed once the row is gone.

The table `subject_key` says for each cell of the key file whether its key is in use. A trigger on every table with
sealed columns marks the key of a deleted row as unused, whoever deletes it (`triggers`); then

    an erasure destroys it in its own transaction, before the receipt says so;
    everything else (a letter sent, a subscription ended, a period over) has it destroyed by a worker after the commit.

Order, so that a crash at any moment is harmless: a new key is on the disk before the row that needs it is committed;
a cell is free for another key only in the transaction that found it unused and overwrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, Engine, Table, and_, event, insert, select, text, update
from sqlalchemy.orm import Session

from chassis.database.sessions import insert_into, when_undone
from chassis.sealing.columns import SEALERS, BlindIndex, Sealed, SubjectKey
from chassis.sealing.key_file import HEADER, KeyFile, KeyFileRefused

SUBJECT_KEYS = "subject keys"
"""The worker that destroys unused keys: `wake_after_commit(session, SUBJECT_KEYS)`."""

# The state of a cell; none while a row uses its key.
UNUSED, FREE = "unused", "free"
BATCH_MAX = 500
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealSecrets:
    """What is derived from a service's seal key (32 bytes): the key that wraps its subject keys, and its index key."""

    wrapping_key: bytes
    index_key: bytes

    @classmethod
    def derived(cls, seal_key: bytes) -> "SealSecrets":
        """HKDF-SHA256 (RFC 5869).

        Raises:
            ValueError: the seal key is not of 32 bytes.
        """
        if len(seal_key) != SECRET_BYTES:
            raise ValueError("a seal key has 32 bytes")
        return cls(_derived(seal_key, b"larabot subject keys"), _derived(seal_key, b"larabot blind index"))


def _derived(seal_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=purpose).derive(seal_key)


class Sealing:
    """The subject keys of one service's database: `table` is its `subject_key`, `path` its key file."""

    def __init__(self, service: str, table: Table, path: Path, seal_key: bytes) -> None:
        secrets = SealSecrets.derived(seal_key)
        self.service = service
        self.index_key = secrets.index_key
        self.file = KeyFile(path, secrets.wrapping_key, service)
        self.table = table
        cell, state = table.c.cell, table.c.state
        free = select(cell).where(state == FREE).order_by(cell).limit(1).with_for_update(skip_locked=True)
        self._take_free = update(table).where(cell == free.scalar_subquery()).values(state=None).returning(cell)
        self._add = insert(table).values(state=None).returning(cell)
        self._any_unused = select(cell).where(state == UNUSED).limit(1)
        self._unused = select(cell).where(state == UNUSED).order_by(cell).limit(BATCH_MAX).with_for_update()

    def attach(self, engine: Engine) -> None:
        """Let the sealed columns of an engine's database use these keys, and its commits wait for new ones."""
        SEALERS[engine.dialect] = self
        event.listen(engine, "commit", lambda _connection: self.file.sync())

    def key_of(self, cell: int) -> SubjectKey:
        """The key in a cell.

        Raises:
            KeyDestroyed: there is none any more.
        """
        return SubjectKey(cell, self.file.read(cell), self.service)

    def new_key(self, session: Session) -> SubjectKey:
        """A key for a row that this unit of work is about to write."""
        taken = session.execute(self._take_free).scalar()
        cell: int = session.execute(self._add).scalar_one() if taken is None else taken
        key = SubjectKey(cell, self.file.make(cell), self.service)
        when_undone(session, lambda: self.file.destroy([cell]))
        return key

    def destroy_unused(self, session: Session) -> list[int]:
        """Destroy keys that no row uses any more, those of this very unit included; returns their cells."""
        cells = list(session.scalars(self._unused))
        if cells:
            self.file.destroy(cells)
            self.file.sync()
            session.execute(update(self.table).where(self.table.c.cell.in_(cells)).values(state=FREE))
        return cells

    def has_unused(self, session: Session) -> bool:
        """Whether there are keys to destroy."""
        return session.execute(self._any_unused).first() is not None

    def pair(self, session: Session) -> int:
        """Make sure that file and database belong together, and destroy keys that a crash left without a row.

        Returns how many those were: keys that were made for rows which then were not committed.

        Raises:
            KeyFileRefused: the file is another database's, or one that was lost and made anew.
        """
        self._wait_for_others(session)
        header = self.table.c.cell == HEADER
        known = session.execute(select(self.table.c.file_name).where(header)).scalar()
        if known is None:
            if self.file.occupied():
                raise KeyFileRefused("the key file holds keys, but the database is new; move one of them away")
            row = insert_into(session, self.table).values(cell=HEADER, state=None, file_name=self.file.name)
            session.execute(row)
        elif known != self.file.name:
            raise KeyFileRefused("the key file is not the one that this database's rows are sealed with")
        return self._sweep(session)

    def _sweep(self, session: Session) -> int:
        in_use = set(session.scalars(select(self.table.c.cell).where(self.table.c.state.is_distinct_from(FREE))))
        left = self.file.occupied() - in_use
        self.file.destroy(left)
        return len(left)

    def _wait_for_others(self, session: Session) -> None:
        """On PostgreSQL another replica may be making keys just now: let it commit first."""
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(f'LOCK TABLE "{self.table.name}" IN EXCLUSIVE MODE'))


def sealing_of(session: Session) -> Sealing:
    """The subject keys of a session's database."""
    return cast("Sealing", SEALERS[session.get_bind().dialect])


def new_key(session: Session) -> SubjectKey:
    """A key for a row that this unit of work is about to write: `{"sealed_by": key.cell, "email": key.seal(email)}`.

    If the row is not written after all, `unneeded(session, key)` has the key destroyed.
    """
    return sealing_of(session).new_key(session)


def unneeded(session: Session, key: SubjectKey) -> None:
    """Give a key back that no row was written under (an insert met a conflict)."""
    table = sealing_of(session).table
    session.execute(update(table).where(table.c.cell == key.cell).values(state=UNUSED))


def destroy_unused(session: Session) -> list[int]:
    """Destroy the keys of rows that are gone, those that this unit deleted included; returns their cells.

    For an erasure, last of all it does: should the unit be rolled back after it, the rows would come back unreadable.
    """
    return sealing_of(session).destroy_unused(session)


def still_held(session: Session, cells: Sequence[int]) -> int:
    """How many of these cells still hold a key: the probe of a destruction."""
    file = sealing_of(session).file
    return sum(file.holds(cell) for cell in cells)


def reseal(session: Session, table: Table, where: ColumnElement[bool], values: Mapping[str, str]) -> int:
    """Change sealed values of rows, blind indexes included, and give each row a new key.

    The old key is unused then, so that the old values are gone from every copy as well. Returns how many rows.
    """
    sealed = [column for column in table.columns if isinstance(column.type, Sealed)]
    keys = list(table.primary_key.columns)
    rows = session.execute(select(*keys, *sealed).where(where).with_for_update()).all()
    for row in rows:
        key = new_key(session)
        texts = dict(zip((column.name for column in sealed), row[len(keys) :], strict=True)) | dict(values)
        changed: dict[str, Any] = {name: None if text is None else key.seal(text) for name, text in texts.items()}
        changed |= {
            column.name: texts[column.type.of] for column in table.columns if isinstance(column.type, BlindIndex)
        }
        this = and_(*(column == value for column, value in zip(keys, row[: len(keys)], strict=True)))
        session.execute(update(table).where(this).values(**changed, sealed_by=key.cell))
    return len(rows)
