"""Rows of the database as what the domain speaks of, and back."""

from typing import Any

from services.auth.domain.accounts import Account, Status
from services.auth.domain.sessions import Session
from services.auth.tables import AccountRow, SessionRow


def account_of(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        tier=row.tier,
        language=row.language,
        status=Status(row.status),
    )


def session_of(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        secret_hash=row.secret_hash,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        authenticated_at=row.authenticated_at,
    )


def session_values(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "account_id": session.account_id,
        "secret_hash": session.secret_hash,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "authenticated_at": session.authenticated_at,
    }
