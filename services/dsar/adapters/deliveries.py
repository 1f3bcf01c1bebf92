"""What services are still to be told, in SQL: expected receipts by `next_attempt_at`, and what became of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from chassis.clock import Clock
from chassis.database import Database, Session, wake_after_commit
from chassis.telemetry import Log
from contracts.fulfilment import Command
from contracts.holder import LOCATORS_BY_HOLDER
from contracts.personal_data import Locator
from kernel.receipt import Coverage
from services.dsar.adapters import receipt_log
from services.dsar.adapters.attempts import Attempts
from services.dsar.domain.attempts import after_failure
from services.dsar.domain.command import OWN_HOLDER
from services.dsar.domain.delivery import Delivery, Ending, Outcome
from services.dsar.tables import CommandLocator, CommandRow, CommandValue, ExpectedReceipt

# Woken when services are to be told something; when a command can go on.
DELIVERING, CONDUCTING = "delivering", "conducting"

COMMAND: Any = CommandRow.__table__  # type: ignore[attr-defined] # every table model has one
RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined]
LOCATOR: Any = CommandLocator.__table__  # type: ignore[attr-defined]
VALUE: Any = CommandValue.__table__  # type: ignore[attr-defined]
COMMANDS = Attempts(COMMAND, "command_id")

# A service's own database and a recipient are due together.
ROWS_PER_COMMAND = 2

THESE: Any = bindparam("these", expanding=True)
OF_SERVICE = RECEIPT.c.service == bindparam("of_service")
IS_DUE = OF_SERVICE & (RECEIPT.c.next_attempt_at <= bindparam("now"))
DUE = (
    select(RECEIPT.c.command_id, RECEIPT.c.holder, RECEIPT.c.next_attempt_at)
    .where(IS_DUE)
    .order_by(RECEIPT.c.failures, RECEIPT.c.next_attempt_at)
    .limit(bindparam("most"))
)
NEXT_AT = select(func.min(RECEIPT.c.next_attempt_at)).where(OF_SERVICE)
OPEN = (
    select(RECEIPT.c.command_id, RECEIPT.c.holder, RECEIPT.c.inventory_hash, RECEIPT.c.probed, RECEIPT.c.retained)
    .add_columns(RECEIPT.c.next_attempt_at)
    .add_columns(COMMAND.c.kind, COMMAND.c.sequence, COMMAND.c.recorded_at)
    .join(COMMAND, COMMAND.c.command_id == RECEIPT.c.command_id)
    .where(OF_SERVICE, RECEIPT.c.command_id.in_(THESE), RECEIPT.c.received_at.is_(None))
    .order_by(COMMAND.c.sequence, RECEIPT.c.holder)
)
LOCATORS = select(LOCATOR.c.command_id, LOCATOR.c.kind, LOCATOR.c.value).where(LOCATOR.c.command_id.in_(THESE))
VALUES = select(VALUE.c.command_id, VALUE.c.field, VALUE.c.value).where(VALUE.c.command_id.in_(THESE))
UNANSWERED = (
    select(RECEIPT.c.command_id, RECEIPT.c.holder, RECEIPT.c.failures, RECEIPT.c.quarantined_at)
    .add_columns(RECEIPT.c.next_attempt_at)
    .where(RECEIPT.c.command_id.in_(THESE), RECEIPT.c.received_at.is_(None))
    .with_for_update()
)
MINE = (RECEIPT.c.command_id == bindparam("of")) & (RECEIPT.c.holder == bindparam("by"))
STORED = ("receipt", "leaf_index", "received_at")
LATER = ("next_attempt_at", "failures", "quarantined_at", "refused")
STORE = update(RECEIPT).where(MINE)
STORE = STORE.values(
    {name: bindparam(name) for name in STORED} | {"next_attempt_at": None, "refused": None, "quarantined_at": None}
)
PUT_OFF = update(RECEIPT).where(MINE).values({name: bindparam(name) for name in LATER})
HURRY = update(RECEIPT).where(OF_SERVICE, RECEIPT.c.next_attempt_at.is_not(None))
HURRY = HURRY.values(next_attempt_at=bindparam("now"), failures=0)
# Before every other holder of ours has answered, no step of a command can follow.
OTHERS_WAITING = select(RECEIPT.c.command_id).where(
    RECEIPT.c.command_id.in_(THESE),
    RECEIPT.c.received_at.is_(None),
    RECEIPT.c.recipient.is_(False),
    RECEIPT.c.holder != OWN_HOLDER,
)

# What a row that was spoiled raises when it is read.
UNREADABLE = (ValueError, TypeError, LookupError)

log = Log("deliveries")


class SqlDeliveries:
    """What the commands of a database have services told."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(self, service: str, most: int) -> tuple[list[Delivery], list[Outcome], datetime | None]:
        """What a service is to be told now, and what cannot be read; if there is neither, when there will be."""
        return await self._database.read(_due, service, self._clock.now(), most)

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Store receipts with their leaves in the log, and put off the rest, each on its own clock."""
        for outcome in await self._database.write(_settle, outcomes, self._clock.now()):
            log.failure("receipt quarantined", holder=outcome.holder, outcome=outcome.ending, reason=outcome.code)

    async def hurry(self, service: str) -> None:
        """All that a service still owes is due at once."""
        await self._database.write(_hurry, service, self._clock.now())


def deliveries_of(session: Session, service: str, command_ids: Sequence[str]) -> list[Delivery]:
    """What a service is told of these commands, as far as receipts of its holders are open."""
    these = {"these": list(command_ids)}
    locators = _grouped(session.execute(LOCATORS, these))
    values = _grouped(session.execute(VALUES, these))
    found: dict[str, list[Any]] = {}
    for row in session.execute(OPEN, {"of_service": service, **these}):
        found.setdefault(row.command_id, []).append(row)
    return [
        _delivery(
            rows, locators.get(command_id, {}), {name: one[0] for name, one in values.get(command_id, {}).items()}
        )
        for command_id, rows in found.items()
    ]


def _due(
    session: Session, service: str, now: datetime, most: int
) -> tuple[list[Delivery], list[Outcome], datetime | None]:
    due: dict[str, dict[str, datetime]] = {}
    for command_id, holder, due_at in session.execute(
        DUE, {"of_service": service, "now": now, "most": ROWS_PER_COMMAND * most}
    ):
        if command_id in due or len(due) < most:
            due.setdefault(command_id, {})[holder] = due_at
    if not due:
        return [], [], session.execute(NEXT_AT, {"of_service": service}).scalar_one()
    try:
        return _only_due(deliveries_of(session, service, list(due)), due), [], None
    except UNREADABLE:
        return *_readable(session, service, due), None


def _readable(
    session: Session, service: str, due: Mapping[str, Mapping[str, datetime]]
) -> tuple[list[Delivery], list[Outcome]]:
    """One row that cannot be read must not hide the others."""
    found: list[Delivery] = []
    unreadable: list[Outcome] = []
    for command_id, holders in due.items():
        try:
            found += _only_due(deliveries_of(session, service, [command_id]), due)
        except UNREADABLE as error:
            code = type(error).__name__
            unreadable += [
                Outcome(command_id=command_id, holder=holder, ending=Ending.FAILED, due_at=due_at, code=code)
                for holder, due_at in holders.items()
            ]
    return found, unreadable


def _only_due(deliveries: Iterable[Delivery], due: Mapping[str, Mapping[str, datetime]]) -> list[Delivery]:
    """Without the holders whose time has not come: a recipient that takes its time has a clock of its own."""
    found = []
    for delivery in deliveries:
        holders = [name for name in delivery.command.holders if name in due[delivery.command.command_id]]
        found.append(replace(delivery, command=delivery.command.model_copy(update={"holders": holders})))
    return found


def _delivery(rows: Sequence[Any], locators: Mapping[str, list[str]], values: Mapping[str, str]) -> Delivery:
    """Raises ValueError: whom it concerns is not known; holders must not answer a question that names nobody."""
    if Locator.ACCOUNT_ID not in locators:
        raise ValueError("a command without its account")
    first = rows[0]
    kinds = frozenset().union(*(LOCATORS_BY_HOLDER.get(row.holder, frozenset()) for row in rows))
    known = {Locator(kind): sorted(found) for kind, found in locators.items()}
    told = {kind: found for kind, found in known.items() if kind in kinds}
    if Locator.COMMAND_ID in kinds:
        told[Locator.COMMAND_ID] = [first.command_id]
    return Delivery(
        command=Command(
            command_id=first.command_id,
            kind=first.kind,
            sequence=first.sequence,
            requested_at=first.recorded_at,
            locators=told,
            payload=dict(values),
            holders=[row.holder for row in rows],
        ),
        due_at={row.holder: row.next_attempt_at for row in rows},
        frozen={
            row.holder: Coverage(row.inventory_hash, frozenset(row.probed), frozenset(row.retained)) for row in rows
        },
    )


def _grouped(rows: Iterable[Any]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for command_id, name, value in rows:
        found.setdefault(command_id, {}).setdefault(name, []).append(value)
    return found


def _settle(session: Session, outcomes: Sequence[Outcome], now: datetime) -> list[Outcome]:
    """Returns what has just been put into quarantine. What has become due anew since it was told stays due."""
    command_ids = sorted({outcome.command_id for outcome in outcomes})
    rows = session.execute(UNANSWERED, {"these": command_ids})
    unanswered = {(row.command_id, row.holder): row for row in rows}
    concerned = [outcome for outcome in outcomes if (outcome.command_id, outcome.holder) in unanswered]
    received = [outcome for outcome in concerned if outcome.ending is Ending.RECEIVED]
    if received:
        _store(session, received, now)
    quarantined = []
    for outcome in concerned:
        if outcome.ending is not Ending.RECEIVED:
            row = unanswered[outcome.command_id, outcome.holder]
            was_hurried = row.next_attempt_at != outcome.due_at
            if _put_off(session, outcome, row, now, until=row.next_attempt_at if was_hurried else None):
                quarantined.append(outcome)
    return quarantined


def _store(session: Session, received: Sequence[Outcome], now: datetime) -> None:
    first = receipt_log.append_all(session, [outcome.leaf for outcome in received])
    rows = [
        {"of": one.command_id, "by": one.holder, "receipt": one.receipt, "leaf_index": index, "received_at": now}
        for index, one in enumerate(received, first)
    ]
    for row in rows:
        session.execute(STORE, row)
    command_ids = {outcome.command_id for outcome in received}
    waiting = set(session.execute(OTHERS_WAITING, {"these": list(command_ids)}).scalars())
    if command_ids - waiting:
        COMMANDS.touch(session, sorted(command_ids - waiting), now)
        wake_after_commit(session, CONDUCTING)


def _put_off(session: Session, outcome: Outcome, row: Any, now: datetime, until: datetime | None) -> bool:
    failures = row.failures + 1
    later, is_quarantined = after_failure(failures, now, is_poison=outcome.is_poison)
    values = {
        "of": outcome.command_id,
        "by": outcome.holder,
        "next_attempt_at": until or later,
        "failures": failures,
        "quarantined_at": (row.quarantined_at or now) if is_quarantined else None,
        "refused": outcome.code if outcome.ending is Ending.REFUSED else None,
    }
    session.execute(PUT_OFF, values)
    return is_quarantined and row.quarantined_at is None


def _hurry(session: Session, service: str, now: datetime) -> None:
    session.execute(HURRY, {"of_service": service, "now": now})
    wake_after_commit(session, DELIVERING)
