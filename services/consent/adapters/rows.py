"""Rows of the database as what the domain speaks of, and back."""

from dataclasses import asdict, fields
from typing import Any

from services.consent.domain import ActiveConsent, Kind, Record
from services.consent.tables import ActiveConsentRow, RecordRow

RECORD_FIELDS = tuple(field.name for field in fields(Record))


def record_of(row: RecordRow) -> Record:
    return Record(**{name: getattr(row, name) for name in RECORD_FIELDS})


def record_values(record: Record) -> dict[str, Any]:
    return asdict(record)


def active_consent_of(kind: Kind, row: ActiveConsentRow) -> ActiveConsent:
    return ActiveConsent(
        kind=kind,
        holder_id=row.holder_id,
        purpose=row.purpose,
        notice_version=row.notice_version,
        record_id=row.record_id,
        given_at=row.given_at,
    )


def active_consent_values(active_consent: ActiveConsent) -> dict[str, Any]:
    values = asdict(active_consent)
    del values["kind"]
    return values
