"""Commands in SQL: every step is a conditional update for many, so that two replicas, or a repetition, do it once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, now_in, wake_after_commit
from chassis.mail import post
from contracts.dsar import State
from contracts.fulfilment import CommandKind
from contracts.personal_data import Locator
from services.dsar.adapters import records
from services.dsar.adapters.deliveries import COMMANDS, CONDUCTING, DELIVERING, LOCATORS, UNREADABLE, deliveries_of
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.domain.case import ErasureRecord, Letter, LetterKind
from services.dsar.domain.command import OWN_HOLDER, Progress
from services.dsar.domain.delivery import Delivery
from services.dsar.ports import Overview
from services.dsar.tables import (
    TABLES,
    CaseParty,
    CaseRecord,
    CommandLetter,
    CommandLocator,
    CommandRow,
    CommandValue,
    ExpectedReceipt,
)

COMMAND: Any = CommandRow.__table__  # type: ignore[attr-defined] # every table model has one
RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined]
CASE: Any = CaseRecord.__table__  # type: ignore[attr-defined]
PARTY: Any = CaseParty.__table__  # type: ignore[attr-defined]
LETTER: Any = CommandLetter.__table__  # type: ignore[attr-defined]
LOCATOR: Any = CommandLocator.__table__  # type: ignore[attr-defined]
VALUE: Any = CommandValue.__table__  # type: ignore[attr-defined]

THESE: Any = bindparam("these", expanding=True)
TIMES = ("told_at", "letter_at", "completed_at", "forgotten_at", "late_at")
FIND = select(
    COMMAND.c.command_id,
    COMMAND.c.case_id,
    COMMAND.c.kind,
    COMMAND.c.recorded_at,
    COMMAND.c.next_attempt_at,
    *(COMMAND.c[name] for name in TIMES),
).where(COMMAND.c.command_id.in_(THESE), COMMAND.c.closed_at.is_(None))
WAITING = select(RECEIPT.c.command_id, RECEIPT.c.recipient, RECEIPT.c.holder).where(
    RECEIPT.c.command_id.in_(THESE), RECEIPT.c.received_at.is_(None)
)
LETTERS_WAITING = select(LETTER.c.command_id).distinct().where(LETTER.c.command_id.in_(THESE))
CASES_OF = select(COMMAND.c.case_id).where(COMMAND.c.command_id.in_(THESE))
PARTIES = (
    select(COMMAND.c.command_id, COMMAND.c.case_id, PARTY.c.language)
    .outerjoin(PARTY, PARTY.c.case_id == COMMAND.c.case_id)
    .where(COMMAND.c.command_id.in_(THESE), COMMAND.c.letter_at.is_(None))
    .with_for_update(of=COMMAND)
)
TELL = (
    update(RECEIPT)
    .where(RECEIPT.c.command_id.in_(THESE), RECEIPT.c.holder != OWN_HOLDER)
    .where(RECEIPT.c.received_at.is_(None), RECEIPT.c.next_attempt_at.is_(None))
    .values(next_attempt_at=bindparam("now"))
)
STEP = {
    name: update(COMMAND)
    .where(COMMAND.c.command_id.in_(THESE), COMMAND.c[name].is_(None))
    .values({name: bindparam("now")})
    for name in TIMES
}
ALARMED = update(COMMAND).where(COMMAND.c.command_id.in_(THESE)).values(late_at=bindparam("now"))
SHOW = update(CASE).where(CASE.c.id.in_(CASES_OF), CASE.c.state != State.CLOSED.value)
CLOSE = update(COMMAND).where(COMMAND.c.command_id.in_(THESE), COMMAND.c.closed_at.is_(None))
CLOSE = CLOSE.values(closed_at=bindparam("now"), next_attempt_at=None, failures=0, quarantined_at=None)
FORGET = [delete(table).where(table.c.command_id.in_(THESE)) for table in (LOCATOR, VALUE, LETTER)]
LETTER_GONE = delete(LETTER).where(LETTER.c.letter_id == bindparam("of")).returning(LETTER.c.command_id)
LETTERS_LEFT = select(LETTER.c.letter_id).where(LETTER.c.command_id == bindparam("of")).limit(1)


OPEN = select(func.count(), func.min(COMMAND.c.recorded_at), func.count(COMMAND.c.quarantined_at))
OPEN = OPEN.where(COMMAND.c.next_attempt_at.is_not(None))
QUARANTINED = select(func.count()).where(RECEIPT.c.quarantined_at.is_not(None))


class SqlCommands:
    """The commands of a database."""

    def __init__(self, database: Database, templates: LetterTemplates, clock: Clock) -> None:
        self._database = database
        self._templates = templates
        self._clock = clock

    async def due(self, most: int) -> tuple[list[Progress], list[str], datetime | None]:
        """What is to be looked at now, and the ids of what cannot be read; if there is neither, when there will be."""
        return await self._database.read(_due, self._clock.now(), most)

    async def accounts_of(self, command_ids: Sequence[str]) -> dict[str, str]:
        """The account that each concerns."""
        return await self._database.read(_accounts_of, command_ids)

    async def tell(self, until: Mapping[str, datetime]) -> None:
        """Have holders told from now on."""
        await self._database.write(_tell, until, self._clock.now())

    async def write_letters(self, secrets: Mapping[str, str], until: Mapping[str, datetime]) -> None:
        """Queue the last letters, one to every address that is known."""
        await self._database.write(self._write_letters, secrets, until, self._clock.now())

    async def own_part(self, command_ids: Sequence[str]) -> list[Delivery]:
        """What our own part is told."""
        return await self._database.read(deliveries_of, OWN_HOLDER, command_ids)

    async def complete(self, command_ids: Sequence[str]) -> None:
        """The certificate of an erasure exists from now on; what nobody needs any more is destroyed at once."""
        await self._database.write(_complete, command_ids, self._clock.now())

    async def forget(self, command_ids: Sequence[str]) -> None:
        """Destroy identifiers and values."""
        await self._database.write(_forget, command_ids, self._clock.now())

    async def close(self, command_ids: Sequence[str]) -> None:
        """Close commands and cases once the write-ahead log no longer holds the identifiers either."""
        await self._database.truncate_wal()
        await self._database.write(_close, command_ids, self._clock.now())

    async def alarmed(self, until: Mapping[str, datetime]) -> None:
        """Note that somebody was alarmed."""
        await self._database.write(_alarmed, until, self._clock.now())

    async def postpone(self, found: Sequence[Progress], until: Mapping[str, datetime]) -> None:
        """Look again at a time, or sooner if something happens, or has happened since they were found."""
        seen = {progress.command_id: progress.due_at for progress in found if progress.due_at is not None}
        await self._database.write(COMMANDS.postpone, until, seen)

    async def put_off(self, command_ids: Sequence[str], *, is_poison: bool) -> list[str]:
        """Note a failed attempt; which have just been put into quarantine."""
        return await self._database.write(COMMANDS.put_off, command_ids, self._clock.now(), is_poison=is_poison)

    async def overview(self) -> Overview:
        """What is under way, for an operator."""
        return await self._database.read(_overview)

    async def record(self, command_id: str) -> ErasureRecord | None:
        """What the certificate is made of."""
        return await self._database.read(records.erasure_record, command_id)

    def _write_letters(
        self, session: Session, secrets: Mapping[str, str], until: Mapping[str, datetime], now: datetime
    ) -> None:
        parties = {row.command_id: row for row in session.execute(PARTIES, {"these": list(secrets)})}
        addresses = _located(session, list(parties), Locator.EMAIL)
        for command_id, party in parties.items():
            for address in addresses.get(command_id, []):
                letter = Letter(
                    kind=LetterKind.ERASURE_DONE,
                    address=address,
                    language=party.language or "sv",
                    case_id=party.case_id,
                    case_secret=secrets[command_id],
                )
                letter_id = post(session, TABLES, self._templates.rendered(letter))
                session.execute(insert(LETTER), {"letter_id": letter_id, "command_id": command_id})
        session.execute(STEP["letter_at"], {"these": list(parties), "now": now})
        COMMANDS.schedule(session, until)


def letter_gone(session: Session, letter_id: str) -> None:
    """The mail sender's word that a letter has left the queue: a command that waited for its last one can go on."""
    command_id = session.execute(LETTER_GONE, {"of": letter_id}).scalar_one_or_none()
    if command_id is not None and session.execute(LETTERS_LEFT, {"of": command_id}).first() is None:
        resume(session, [command_id])


def resume(session: Session, command_ids: Sequence[str]) -> None:
    """Have commands looked at once this transaction has committed."""
    COMMANDS.touch(session, command_ids, now_in(session))
    wake_after_commit(session, CONDUCTING)


def _overview(session: Session) -> Overview:
    count, oldest_at, quarantined = session.execute(OPEN).one()
    return Overview(count, oldest_at, quarantined + session.execute(QUARANTINED).scalar_one())


def _due(session: Session, now: datetime, most: int) -> tuple[list[Progress], list[str], datetime | None]:
    ids = [due.key for due in COMMANDS.due(session, now, most)]
    if not ids:
        return [], [], COMMANDS.next_at(session)
    try:
        return _progress(session, ids), [], None
    except UNREADABLE:
        return *_readable(session, ids), None


def _readable(session: Session, ids: Sequence[str]) -> tuple[list[Progress], list[str]]:
    """One row that cannot be read must not hide the others."""
    found: list[Progress] = []
    unreadable = []
    for command_id in ids:
        try:
            found += _progress(session, [command_id])
        except UNREADABLE:
            unreadable.append(command_id)
    return found, unreadable


def _progress(session: Session, ids: Sequence[str]) -> list[Progress]:
    these = {"these": ids}
    waiting: dict[tuple[str, bool], set[str]] = {}
    for command_id, is_recipient, holder in session.execute(WAITING, these):
        waiting.setdefault((command_id, is_recipient), set()).add(holder)
    with_letters = set(session.execute(LETTERS_WAITING, these).scalars())
    return [
        Progress(
            command_id=row.command_id,
            case_id=row.case_id,
            kind=CommandKind(row.kind),
            requested_at=row.recorded_at,
            due_at=row.next_attempt_at,
            **{name: getattr(row, name) for name in TIMES},
            holders_waiting=frozenset(waiting.get((row.command_id, False), ())),
            recipients_waiting=frozenset(waiting.get((row.command_id, True), ())),
            letters_waiting=row.command_id in with_letters,
        )
        for row in session.execute(FIND, these)
    ]


def _tell(session: Session, until: Mapping[str, datetime], now: datetime) -> None:
    these = {"these": list(until), "now": now}
    session.execute(STEP["told_at"], these)
    session.execute(TELL, these)
    COMMANDS.schedule(session, until)
    wake_after_commit(session, DELIVERING)


def _accounts_of(session: Session, command_ids: Sequence[str]) -> dict[str, str]:
    found = _located(session, command_ids, Locator.ACCOUNT_ID)
    return {command_id: account_id for command_id, (account_id, *_) in found.items()}


def _located(session: Session, command_ids: Sequence[str], kind: Locator) -> dict[str, list[str]]:
    """The identifiers of one kind, by command id."""
    found: dict[str, list[str]] = {}
    for command_id, of_kind, value in session.execute(LOCATORS, {"these": command_ids}):
        if of_kind == kind.value:
            found.setdefault(command_id, []).append(value)
    return found


def _complete(session: Session, command_ids: Sequence[str], now: datetime) -> None:
    session.execute(STEP["completed_at"], {"these": command_ids, "now": now})
    session.execute(SHOW.values(state=State.WAITING_FOR_RECIPIENTS.value), {"these": command_ids})
    waiting = {command_id for command_id, *_ in session.execute(WAITING, {"these": command_ids})}
    _forget(session, [command_id for command_id in command_ids if command_id not in waiting], now)


def _forget(session: Session, command_ids: Sequence[str], now: datetime) -> None:
    if command_ids:
        for statement in FORGET:
            session.execute(statement, {"these": command_ids})
        session.execute(STEP["forgotten_at"], {"these": command_ids, "now": now})


def _close(session: Session, command_ids: Sequence[str], now: datetime) -> None:
    session.execute(SHOW.values(state=State.CLOSED.value, closed_at=now), {"these": command_ids})
    session.execute(CLOSE, {"these": command_ids, "now": now})


def _alarmed(session: Session, until: Mapping[str, datetime], now: datetime) -> None:
    session.execute(ALARMED, {"these": list(until), "now": now})
    COMMANDS.schedule(session, until)
