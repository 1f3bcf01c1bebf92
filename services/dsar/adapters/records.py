"""What an erasure's certificate is made of, in SQL."""

import orjson
from sqlmodel import col, select

from chassis.database import Session
from services.dsar.domain.case import ErasureRecord, FrozenHolder, LoggedReceipt
from services.dsar.tables import CaseRecord, CommandRow, ExpectedReceipt


def erasure_record(session: Session, command_id: str) -> ErasureRecord | None:
    """The record of an erasure that every holder of ours has proved; none before, and for other commands."""
    command = session.get(CommandRow, command_id)
    if command is None or command.completed_at is None:
        return None
    case = session.get_one(CaseRecord, command.case_id)
    mine = select(ExpectedReceipt).where(col(ExpectedReceipt.command_id) == command_id)
    expected = session.execute(mine.order_by(col(ExpectedReceipt.place))).scalars().all()
    return ErasureRecord(
        case_id=case.id,
        command_id=command_id,
        holders=tuple(
            FrozenHolder(
                holder=row.holder, service=row.service, recipient=row.recipient, inventory_hash=row.inventory_hash
            )
            for row in expected
        ),
        state=case.state,
        received_at=case.recorded_at,
        requested_at=command.recorded_at,
        completed_at=command.completed_at,
        closed_at=case.closed_at,
        commitments=command.commitments,
        superseded=command.superseded,
        receipts={
            row.holder: LoggedReceipt(holder=row.holder, receipt=orjson.loads(row.receipt), leaf_index=row.leaf_index)
            for row in expected
            if row.receipt is not None and row.leaf_index is not None
        },
    )
