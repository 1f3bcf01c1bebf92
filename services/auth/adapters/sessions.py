"""Sessions in SQL: one unit of work a method."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, insert, select, update

from chassis.database import Database
from chassis.database import Session as DatabaseSession
from services.auth.adapters.credentials import IS_ACTIVE, lock_verified
from services.auth.adapters.rows import ACCOUNT_COLUMNS, SESSION_COLUMNS, account_of, session_of, session_values
from services.auth.domain.accounts import Account, Credential
from services.auth.domain.sessions import SESSIONS_PER_ACCOUNT_MAX, Session
from services.auth.tables import ACCOUNT, CREDENTIAL, SESSION

_BY_SECRET = (
    select(*SESSION_COLUMNS, *ACCOUNT_COLUMNS)
    .join_from(SESSION, ACCOUNT, ACCOUNT.c.id == SESSION.c.account_id)
    .where(SESSION.c.secret_hash == bindparam("secret_hash"), IS_ACTIVE)
)
_BY_ID = select(*SESSION_COLUMNS).where(
    SESSION.c.id == bindparam("session_id"), SESSION.c.account_id == bindparam("account_id")
)
_OF_ACCOUNT = (
    select(*SESSION_COLUMNS)
    .where(SESSION.c.account_id == bindparam("account_id"))
    .order_by(SESSION.c.authenticated_at.desc())
    .limit(SESSIONS_PER_ACCOUNT_MAX)
)
_SURPLUS = (
    select(SESSION.c.id)
    .where(SESSION.c.account_id == bindparam("account_id"))
    .order_by(SESSION.c.authenticated_at.desc())
    .offset(SESSIONS_PER_ACCOUNT_MAX)
)
_NOTE_USE = (
    update(SESSION)
    .where(SESSION.c.id == bindparam("session_id"), SESSION.c.last_seen_at < bindparam("at"))
    .values(last_seen_at=bindparam("at"))
)
_END = delete(SESSION).where(SESSION.c.id.in_(bindparam("ended", expanding=True))).returning(SESSION.c.id)
_END_ONE = (
    delete(SESSION)
    .where(SESSION.c.account_id == bindparam("of_account"), SESSION.c.id == bindparam("one"))
    .returning(SESSION.c.id)
)
_END_OTHERS = (
    delete(SESSION)
    .where(SESSION.c.account_id == bindparam("of_account"), SESSION.c.id != bindparam("one"))
    .returning(SESSION.c.id)
)
_NOTE_LOGIN_OF_ACCOUNT = (
    update(ACCOUNT).where(ACCOUNT.c.id == bindparam("of_account")).values(last_login_at=bindparam("at"))
)
_NOTE_LOGIN_OF_CREDENTIAL = (
    update(CREDENTIAL).where(CREDENTIAL.c.account_id == bindparam("of_account")).values(last_login_at=bindparam("at"))
)
_RENEW_HASH = (
    update(CREDENTIAL)
    .where(CREDENTIAL.c.account_id == bindparam("of_account"), CREDENTIAL.c.password_hash == bindparam("verified"))
    .values(password_hash=bindparam("stronger"))
)


class SqlSessions:
    """The port `Sessions` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(
        self, session: Session, verified: Credential, *, replacing: str | None, stronger_hash: str | None
    ) -> list[str] | None:
        return await self._database.write(_start, session, verified, replacing, stronger_hash)

    async def succeed(self, predecessor_id: str, session: Session, verified: Credential) -> bool:
        return await self._database.write(_succeed, predecessor_id, session, verified)

    async def by_secret(self, secret_hash: str) -> tuple[Session, Account] | None:
        found = await self._database.read(_rows, _BY_SECRET, {"secret_hash": secret_hash})
        if not found:
            return None
        values = found[0]
        return session_of(values[: len(SESSION_COLUMNS)]), account_of(values[len(SESSION_COLUMNS) :])

    async def by_id(self, session_id: str, account_id: str) -> Session | None:
        found = await self._database.read(_rows, _BY_ID, {"session_id": session_id, "account_id": account_id})
        return session_of(found[0]) if found else None

    async def note_use(self, session_id: str, now: datetime) -> None:
        await self._database.write(_note_use, session_id, now)

    async def of_account(self, account_id: str) -> Sequence[Session]:
        found = await self._database.read(_rows, _OF_ACCOUNT, {"account_id": account_id})
        return [session_of(values) for values in found]

    async def end(self, session_id: str, account_id: str) -> bool:
        return bool(await self._database.write(_rows, _END_ONE, {"one": session_id, "of_account": account_id}))

    async def end_others(self, session_id: str, account_id: str) -> list[str]:
        found = await self._database.write(_rows, _END_OTHERS, {"one": session_id, "of_account": account_id})
        return [ended for (ended,) in found]


def _rows(session: DatabaseSession, statement: Executable, values: dict[str, Any]) -> Sequence[Row[Any]]:
    return session.execute(statement, values).all()


def _note_use(session: DatabaseSession, session_id: str, now: datetime) -> None:
    session.execute(_NOTE_USE, {"session_id": session_id, "at": now})


def _start(
    session: DatabaseSession, new: Session, verified: Credential, replacing: str | None, stronger_hash: str | None
) -> list[str] | None:
    if not lock_verified(session, verified):
        return None
    owner = {"of_account": new.account_id}
    session.execute(_NOTE_LOGIN_OF_ACCOUNT, {**owner, "at": new.created_at})
    session.execute(_NOTE_LOGIN_OF_CREDENTIAL, {**owner, "at": new.created_at})
    if stronger_hash is not None:
        session.execute(_RENEW_HASH, {**owner, "verified": verified.password_hash, "stronger": stronger_hash})
    session.execute(insert(SESSION), session_values(new))
    surplus = session.execute(_SURPLUS, {"account_id": new.account_id}).scalars().all()
    ended = [*surplus, *filter(None, [replacing])]
    return list(session.execute(_END, {"ended": ended}).scalars()) if ended else []


def _succeed(session: DatabaseSession, predecessor_id: str, successor: Session, verified: Credential) -> bool:
    if not lock_verified(session, verified):
        return False
    if not session.execute(_END_ONE, {"one": predecessor_id, "of_account": successor.account_id}).first():
        return False
    session.execute(insert(SESSION), session_values(successor))
    return True
