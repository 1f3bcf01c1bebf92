"""Accounts in SQL: one unit of work a method, with the letter that belongs to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, func, insert, select

from chassis.database import Database, affected, insert_into, wake_after_commit
from chassis.database import Session as DatabaseSession
from chassis.mail import Letter, post
from chassis.sealing import SUBJECT_KEYS, new_key, unneeded
from contracts.identifiers import new_id
from services.auth.adapters.credentials import IS_ACTIVE, block, lock_usable, lock_verified, set_password
from services.auth.adapters.rows import ACCOUNT_COLUMNS, account_of, session_values
from services.auth.domain.accounts import (
    REGISTRATION_TTL,
    RESET_TTL,
    RESETS_PER_ACCOUNT_MAX,
    Account,
    Credential,
    Registration,
)
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import Session
from services.auth.tables import ACCOUNT, CREDENTIAL, REGISTRATION, RESET_TOKEN, SESSION, TABLES

_FIND = select(*ACCOUNT_COLUMNS).where(ACCOUNT.c.id == bindparam("account_id"))
_CREDENTIAL = (
    select(*ACCOUNT_COLUMNS, CREDENTIAL.c.password_hash, CREDENTIAL.c.changed_at)
    .join_from(ACCOUNT, CREDENTIAL, CREDENTIAL.c.account_id == ACCOUNT.c.id)
    .where(IS_ACTIVE)
)
_CREDENTIAL_OF = _CREDENTIAL.where(ACCOUNT.c.id == bindparam("account_id"))
_CREDENTIAL_OF_EMAIL = _CREDENTIAL.where(ACCOUNT.c.email_index == bindparam("email"))
_USABLE_OF_EMAIL = select(ACCOUNT.c.id).where(ACCOUNT.c.email_index == bindparam("email"), IS_ACTIVE)

_WAITING_ADDRESS = select(REGISTRATION.c.email_index).where(
    REGISTRATION.c.token_hash == bindparam("token_hash"),
    REGISTRATION.c.created_at > bindparam("since"),
    REGISTRATION.c.email_index.is_not(None),
)
_LOCK_REGISTRATIONS = (
    select(
        REGISTRATION.c.token_hash,
        REGISTRATION.c.email,
        REGISTRATION.c.name,
        REGISTRATION.c.password_hash,
        REGISTRATION.c.language,
    )
    .where(REGISTRATION.c.email_index == bindparam("email_index"))
    .order_by(REGISTRATION.c.token_hash)
    .with_for_update()
)
_END_REGISTRATIONS = delete(REGISTRATION).where(REGISTRATION.c.token_hash.in_(bindparam("ended", expanding=True)))

_LIVE_RESETS = select(func.count()).where(
    RESET_TOKEN.c.account_id == bindparam("account_id"), RESET_TOKEN.c.created_at > bindparam("since")
)
_LIVE_RESET = select(RESET_TOKEN.c.account_id).where(
    RESET_TOKEN.c.token_hash == bindparam("token_hash"), RESET_TOKEN.c.created_at > bindparam("since")
)
_ACCOUNT_OF_RESET = (
    select(*ACCOUNT_COLUMNS)
    .join_from(RESET_TOKEN, ACCOUNT, ACCOUNT.c.id == RESET_TOKEN.c.account_id)
    .where(
        RESET_TOKEN.c.token_hash == bindparam("token_hash"), RESET_TOKEN.c.created_at > bindparam("since"), IS_ACTIVE
    )
)
_USE_RESET = (
    delete(RESET_TOKEN).where(RESET_TOKEN.c.token_hash == bindparam("of_hash")).returning(RESET_TOKEN.c.account_id)
)


class SqlAccounts:
    """The port `Accounts` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, account_id: str) -> Account | None:
        row = await self._database.read(_first, _FIND, {"account_id": account_id})
        return account_of(row) if row else None

    async def credential_of_email(self, email: str) -> Credential | None:
        return _credential(await self._database.read(_first, _CREDENTIAL_OF_EMAIL, {"email": email}))

    async def credential_of(self, account_id: str) -> Credential | None:
        return _credential(await self._database.read(_first, _CREDENTIAL_OF, {"account_id": account_id}))

    async def register(self, registration: Registration, unknown: Notice, known: Notice) -> None:
        await self._database.write(_register, registration, unknown, known)

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        return await self._database.write(_confirm, token_hash, account, now)

    async def offer_reset(self, token_hash: str, email: str, now: datetime, letter: Notice) -> None:
        await self._database.write(_offer_reset, token_hash, email, new_id(), now, letter)

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        values = {"token_hash": token_hash, "since": now - RESET_TTL}
        row = await self._database.read(_first, _ACCOUNT_OF_RESET, values)
        return account_of(row) if row else None

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        return await self._database.write(_reset, token_hash, password_hash, now, letter)

    async def change_password(
        self, verified: Credential, password_hash: str, session: Session, now: datetime, letter: Notice
    ) -> bool:
        return await self._database.write(_change_password, verified, password_hash, session, now, letter)

    async def block(self, account_id: str) -> None:
        await self._database.write(block, account_id)


def _first(session: DatabaseSession, query: Executable, values: dict[str, Any]) -> Sequence[Any] | None:
    return session.execute(query, values).first()


def _credential(row: Sequence[Any] | None) -> Credential | None:
    if row is None:
        return None
    return Credential(account=account_of(row[:-2]), password_hash=row[-2], changed_at=row[-1])


def _register(session: DatabaseSession, registration: Registration, unknown: Notice, known: Notice) -> None:
    is_known = session.execute(_USABLE_OF_EMAIL, {"email": registration.email}).first() is not None
    key = new_key(session)
    row = {
        "token_hash": registration.token_hash,
        "sealed_by": key.cell,
        # A known address needs no registration: an empty one costs the same and expires like the others.
        "email": key.seal("" if is_known else registration.email),
        "email_index": None if is_known else registration.email,
        "name": key.seal("" if is_known else registration.name),
        "password_hash": "" if is_known else registration.password_hash,
        "language": registration.language,
        "created_at": registration.created_at,
    }
    session.execute(insert(REGISTRATION), row)
    _post(session, known if is_known else unknown)


def _confirm(session: DatabaseSession, token_hash: str, account: Account, now: datetime) -> bool:
    """Whoever confirms first ends all registrations for the address; they are locked in one order."""
    values = {"token_hash": token_hash, "since": now - REGISTRATION_TTL}
    index = session.execute(_WAITING_ADDRESS, values).scalar()
    if index is None:
        return False
    waiting = {row.token_hash: row for row in session.execute(_LOCK_REGISTRATIONS, {"email_index": index})}
    session.execute(_END_REGISTRATIONS, {"ended": list(waiting)})
    wake_after_commit(session, SUBJECT_KEYS)
    registration = waiting.get(token_hash)
    if registration is None:
        return False
    key = new_key(session)
    row = {
        "id": account.id,
        "sealed_by": key.cell,
        "email": key.seal(registration.email),
        "email_index": index,
        "name": key.seal(registration.name),
        "role": account.role,
        "tier": account.tier,
        "language": registration.language,
        "status": account.status.value,
        "created_at": now,
        "last_login_at": now,
    }
    made = insert_into(session, ACCOUNT).values(row).on_conflict_do_nothing(index_elements=["email_index"])
    if not affected(session, made):
        unneeded(session, key)
        return False
    credential = {"account_id": account.id, "password_hash": registration.password_hash}
    session.execute(insert(CREDENTIAL), {**credential, "changed_at": now, "last_login_at": now})
    return True


def _offer_reset(
    session: DatabaseSession, token_hash: str, email: str, nobody: str, now: datetime, letter: Notice
) -> None:
    found: str | None = session.execute(_USABLE_OF_EMAIL, {"email": email}).scalar()
    account_id = found if found is not None and lock_usable(session, found) else nobody
    live = session.execute(_LIVE_RESETS, {"account_id": account_id, "since": now - RESET_TTL}).scalar_one()
    if live >= RESETS_PER_ACCOUNT_MAX:
        return
    session.execute(insert(RESET_TOKEN), {"token_hash": token_hash, "account_id": account_id, "created_at": now})
    if account_id != nobody:
        _post(session, letter)


def _reset(session: DatabaseSession, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
    values = {"token_hash": token_hash, "since": now - RESET_TTL}
    account_id: str | None = session.execute(_LIVE_RESET, values).scalar()
    if account_id is None or not lock_usable(session, account_id):
        return False
    if session.execute(_USE_RESET, {"of_hash": token_hash}).first() is None:
        return False
    set_password(session, account_id, password_hash, now)
    _post(session, letter)
    return True


def _change_password(
    session: DatabaseSession,
    verified: Credential,
    password_hash: str,
    only: Session,
    now: datetime,
    letter: Notice,
) -> bool:
    if not lock_verified(session, verified):
        return False
    set_password(session, verified.account.id, password_hash, now)
    session.execute(insert(SESSION), session_values(only))
    _post(session, letter)
    return True


def _post(session: DatabaseSession, letter: Notice) -> None:
    headers = {"Content-Language": letter.language}
    post(
        session,
        TABLES,
        Letter(to=letter.to, subject=letter.subject, text=letter.text, html=letter.html, headers=headers),
    )
