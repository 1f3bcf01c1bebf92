"""Rows of the database as what the domain speaks of, and back."""

from dataclasses import asdict, fields
from typing import Any

from services.consent.domain import Kind, Record, Standing
from services.consent.tables import RecordRow, StandingRow

RECORD_FIELDS = tuple(field.name for field in fields(Record))


def record_of(row: RecordRow) -> Record:
    return Record(**{name: getattr(row, name) for name in RECORD_FIELDS})


def record_values(record: Record) -> dict[str, Any]:
    return asdict(record)


def standing_of(kind: Kind, row: StandingRow) -> Standing:
    return Standing(
        kind=kind,
        holder_id=row.holder_id,
        purpose=row.purpose,
        notice_version=row.notice_version,
        record_id=row.record_id,
        given_at=row.given_at,
    )


def standing_values(standing: Standing) -> dict[str, Any]:
    values = asdict(standing)
    del values["kind"]
    return values
