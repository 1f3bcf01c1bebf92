"""Columns of the database as what the domain speaks of, and back."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from services.consent.domain import ActiveConsent, Kind, Record
from services.consent.tables import ACCOUNT_CONSENT, RECORD, VISITOR_CONSENT

ACTIVE_TABLES = {Kind.ACCOUNT: ACCOUNT_CONSENT, Kind.VISITOR: VISITOR_CONSENT}
RECORD_COLUMNS = tuple(RECORD.c[field.name] for field in fields(Record))
RECORD_NAMES = tuple(column.name for column in RECORD_COLUMNS)


def record_of(values: Sequence[Any]) -> Record:
    """A record from the values of `RECORD_COLUMNS`."""
    return Record(**dict(zip(RECORD_NAMES, values, strict=True)))


def record_values(record: Record) -> dict[str, Any]:
    """The columns of a record's row."""
    return asdict(record)


def active_consent_of(values: Sequence[Any]) -> ActiveConsent:
    """An active consent from its kind and the columns of its row, in the order of the table."""
    kind, subject_id, purpose, notice_version, record_id, given_at = values
    return ActiveConsent(
        kind=Kind(kind),
        subject_id=subject_id,
        purpose=purpose,
        notice_version=notice_version,
        record_id=record_id,
        given_at=given_at,
    )


def active_consent_values(active_consent: ActiveConsent) -> dict[str, Any]:
    """The columns of an active consent's row; its kind says in which table."""
    values = asdict(active_consent)
    del values["kind"]
    return values
