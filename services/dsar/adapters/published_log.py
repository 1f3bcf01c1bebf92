"""The receipt log with its keys and its published head, in SQL."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from chassis.database import Database, Session, insert_into
from kernel import merkle
from kernel.key_history import Announcement, LoggedKey
from kernel.log_head import Head
from services.dsar.adapters import receipt_log
from services.dsar.domain.log_proofs import LogEvidence, padded_size
from services.dsar.tables import AnnouncedKey, PublishedHead

KEY: Any = AnnouncedKey.__table__  # type: ignore[attr-defined] # every table model has one
HEAD: Any = PublishedHead.__table__  # type: ignore[attr-defined]
THE_HEAD = 1

Announcing = Callable[[Sequence[Announcement]], Sequence[Announcement]]
Signing = Callable[[int, str], Head]


class SqlReceiptLog:
    """The receipt log of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(
        self, to_announce: Announcing, signed: Signing, now: datetime, unless_since: datetime
    ) -> datetime:
        """Append what is to be announced; pad the log and publish its head where that is due."""
        return await self._database.write(_publish, to_announce, signed, now, unless_since)

    async def head(self) -> Head | None:
        """The published head; none before the first."""
        return await self._database.read(_head)

    async def evidence(self, indexes: Sequence[int]) -> LogEvidence:
        """The whole log as it stands, with the inclusion proofs of some leaves."""
        return await self._database.read(_evidence, indexes)

    async def published_keys(self) -> LogEvidence | None:
        """The log up to the published head, with the keys alone."""
        return await self._database.read(_published_keys)

    async def consistency(self, first: int, second: int) -> list[str] | None:
        """The proof between two sizes; none if the second is not published."""
        return await self._database.read(_consistency, first, second)

    async def inclusion(self, leaf_hash: str, tree_size: int) -> tuple[int, list[str]] | None:
        """A leaf's index and proof; none if it is not among the first `tree_size`, or these are not published."""
        return await self._database.read(_inclusion, leaf_hash, tree_size)


def _publish(
    session: Session, to_announce: Announcing, signed: Signing, now: datetime, unless_since: datetime
) -> datetime:
    receipt_log.append_all(session, [])  # takes the turn: another replica may be announcing the same keys
    announced = to_announce([announcement for _, announcement in _announcements(session)])
    first = receipt_log.append_all(session, [one.leaf() for one in announced])
    rows = [
        {"leaf_index": index, "announcement": one.model_dump(mode="json")} for index, one in enumerate(announced, first)
    ]
    if rows:
        session.execute(insert(KEY), rows)
    last: datetime | None = session.execute(select(HEAD.c.published_at)).scalar_one_or_none()
    if last is not None and last > unless_since and not announced:
        return last
    _store(session, signed(*_padded(session)), now)
    return now


def _padded(session: Session) -> tuple[int, str]:
    """Fill the log up with random leaves, which to look at are like all others; its size and root."""
    size = receipt_log.size_of(session)
    wanted = padded_size(size)
    receipt_log.append_all(session, [merkle.leaf_hash(secrets.token_bytes(32)) for _ in range(wanted - size)])
    root, _ = receipt_log.proofs(session, wanted, [])
    return wanted, root


def _store(session: Session, head: Head, now: datetime) -> None:
    values = {"published_at": now, "head": head.model_dump(mode="json")}
    first = insert_into(session, HEAD).values(id=THE_HEAD, **values)
    session.execute(first.on_conflict_do_update(index_elements=["id"], set_=values))


def _head(session: Session) -> Head | None:
    found = session.execute(select(HEAD.c.head)).scalar_one_or_none()
    return None if found is None else Head.model_validate(found)


def _announcements(session: Session) -> list[tuple[int, Announcement]]:
    rows = session.execute(select(KEY.c.leaf_index, KEY.c.announcement).order_by(KEY.c.leaf_index))
    return [(index, Announcement.model_validate(content)) for index, content in rows]


def _evidence(session: Session, indexes: Sequence[int]) -> LogEvidence:
    return _evidence_at(session, receipt_log.size_of(session), indexes)


def _evidence_at(session: Session, size: int, indexes: Sequence[int]) -> LogEvidence:
    announced = [(index, one) for index, one in _announcements(session) if index < size]
    root, proofs = receipt_log.proofs(session, size, [*indexes, *(index for index, _ in announced)])
    keys = [LoggedKey(announcement=one, leaf_index=index, inclusion_proof=proofs[index]) for index, one in announced]
    return LogEvidence(tree_size=size, root_hash=root, proofs=proofs, keys=keys)


def _published_keys(session: Session) -> LogEvidence | None:
    head = _head(session)
    return None if head is None else _evidence_at(session, head.tree_size, [])


def _consistency(session: Session, first: int, second: int) -> list[str] | None:
    return receipt_log.consistency(session, first, second) if _is_published(session, second) else None


def _inclusion(session: Session, leaf_hash: str, tree_size: int) -> tuple[int, list[str]] | None:
    index = receipt_log.index_of(session, leaf_hash) if _is_published(session, tree_size) else None
    if index is None or index >= tree_size:
        return None
    _, paths = receipt_log.proofs(session, tree_size, [index])
    return index, paths[index]


def _is_published(session: Session, size: int) -> bool:
    head = _head(session)
    return head is not None and size <= head.tree_size
