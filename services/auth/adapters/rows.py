"""Columns of the database as what the domain speaks of, and back."""

from collections.abc import Sequence
from typing import Any

from services.auth.domain.accounts import Account, Status
from services.auth.domain.sessions import Session
from services.auth.tables import ACCOUNT, SESSION

ACCOUNT_COLUMNS = tuple(ACCOUNT.c[name] for name in ("id", "email", "name", "role", "tier", "language", "status"))
SESSION_COLUMNS = tuple(
    SESSION.c[name] for name in ("id", "account_id", "secret_hash", "created_at", "last_seen_at", "authenticated_at")
)


def account_of(values: Sequence[Any]) -> Account:
    """An account from the values of `ACCOUNT_COLUMNS`."""
    account_id, email, name, role, tier, language, status = values
    return Account(
        id=account_id, email=email, name=name, role=role, tier=tier, language=language, status=Status(status)
    )


def session_of(values: Sequence[Any]) -> Session:
    """A session from the values of `SESSION_COLUMNS`."""
    session_id, account_id, secret_hash, created_at, last_seen_at, authenticated_at = values
    return Session(
        id=session_id,
        account_id=account_id,
        secret_hash=secret_hash,
        created_at=created_at,
        last_seen_at=last_seen_at,
        authenticated_at=authenticated_at,
    )


def session_values(session: Session) -> dict[str, Any]:
    """The columns of a session's row."""
    return {
        "id": session.id,
        "account_id": session.account_id,
        "secret_hash": session.secret_hash,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "authenticated_at": session.authenticated_at,
    }
