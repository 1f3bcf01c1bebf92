"""Everything that a command needs to go through by itself, in SQL: written in the transaction that issues it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from chassis.database import Session, wake_after_commit
from contracts.fulfilment import CommandKind
from contracts.holder import HOLDERS, RECIPIENT_HOLDERS, service_of
from kernel.receipt import Coverage
from services.dsar.adapters.deliveries import CONDUCTING
from services.dsar.adapters.ledger import enter
from services.dsar.domain.case import NewCommand
from services.dsar.tables import CommandLocator, CommandRow, CommandValue, ExpectedReceipt

# What the receipt of each holder must cover from now on, by kind of command.
Coverages = Mapping[CommandKind, Mapping[str, Coverage]]

COMMAND: Any = CommandRow.__table__  # type: ignore[attr-defined] # every table model has one
RECEIPT: Any = ExpectedReceipt.__table__  # type: ignore[attr-defined]
LOCATOR: Any = CommandLocator.__table__  # type: ignore[attr-defined]
VALUE: Any = CommandValue.__table__  # type: ignore[attr-defined]


def issue(
    session: Session,
    case_id: str,
    command: NewCommand,
    at: datetime,
    coverages: Coverages,
    superseded: list[dict[str, Any]],
) -> None:
    """Enter a command in the ledger and have it carried out; the set of holders is frozen with it."""
    sequence = enter(session, command.command_id, command.kind, command.hashes, at)
    row = {
        "command_id": command.command_id,
        "case_id": case_id,
        "kind": command.kind.value,
        "sequence": sequence,
        "recorded_at": at,
        "commitments": command.commitments,
        "superseded": superseded,
        "next_attempt_at": at,
        "failures": 0,
    }
    session.execute(insert(COMMAND), row)
    session.execute(insert(RECEIPT), _expected(command, at, coverages[command.kind]))
    locators = _locators(command, at)
    if locators:
        session.execute(insert(LOCATOR), locators)
    values = [{"field": name, "value": value} for name, value in command.values.items()]
    if values:
        session.execute(insert(VALUE), [{"command_id": command.command_id, "recorded_at": at, **one} for one in values])
    wake_after_commit(session, CONDUCTING)


def _expected(command: NewCommand, at: datetime, coverage: Mapping[str, Coverage]) -> list[dict[str, Any]]:
    return [
        {
            "command_id": command.command_id,
            "holder": holder,
            "service": service_of(holder),
            "recipient": holder in RECIPIENT_HOLDERS,
            "place": place,
            "recorded_at": at,
            "inventory_hash": coverage[holder].inventory_hash,
            "probed": sorted(coverage[holder].probed),
            "retained": sorted(coverage[holder].retained),
            "failures": 0,
        }
        for place, holder in enumerate(HOLDERS)
    ]


def _locators(command: NewCommand, at: datetime) -> list[dict[str, Any]]:
    return [
        {"command_id": command.command_id, "kind": kind, "value": value, "recorded_at": at}
        for kind, values in command.locators.items()
        for value in sorted(set(values))
    ]
