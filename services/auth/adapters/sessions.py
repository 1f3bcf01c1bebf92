"""Sessions in SQL: one transaction a method."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database
from services.auth.adapters.rows import account_of, session_of, session_values
from services.auth.domain.accounts import Account, Status
from services.auth.domain.sessions import SESSIONS_PER_ACCOUNT_MAX, Session
from services.auth.tables import AccountRow, CredentialRow, SessionRow


class SqlSessions:
    """The port `Sessions` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, session: Session, *, replacing: str | None, password_hash: str | None) -> list[str] | None:
        owner, now = session.account_id, session.created_at
        async with self._database.write() as sql:
            usable = update(AccountRow).where(
                col(AccountRow.id) == owner, col(AccountRow.status) == Status.ACTIVE.value
            )
            noted = await sql.scalars(usable.values(last_login_at=now).returning(col(AccountRow.id)))
            if noted.one_or_none() is None:
                return None
            renewed: dict[str, Any] = {"last_login_at": now}
            if password_hash is not None:
                renewed["password_hash"] = password_hash
            await sql.execute(update(CredentialRow).where(col(CredentialRow.account_id) == owner).values(renewed))
            await sql.execute(insert(SessionRow).values(session_values(session)))
            ended = await _surplus(sql, owner)
            if replacing is not None:
                ended.append(replacing)
            return await _end(sql, col(SessionRow.id).in_(ended)) if ended else []

    async def succeed(self, predecessor_id: str, session: Session) -> bool:
        async with self._database.write() as sql:
            if not await _end(sql, col(SessionRow.id) == predecessor_id):
                return False
            await sql.execute(insert(SessionRow).values(session_values(session)))
            return True

    async def by_secret(self, secret_hash: str) -> tuple[Session, Account] | None:
        query = (
            select(SessionRow, AccountRow)
            .join(AccountRow, col(AccountRow.id) == col(SessionRow.account_id))
            .where(col(SessionRow.secret_hash) == secret_hash, col(AccountRow.status) == Status.ACTIVE.value)
        )
        async with self._database.read() as sql:
            found = (await sql.execute(query)).one_or_none()
            return (session_of(found[0]), account_of(found[1])) if found else None

    async def by_id(self, session_id: str, account_id: str) -> Session | None:
        async with self._database.read() as sql:
            row = await sql.get(SessionRow, session_id)
            return session_of(row) if row and row.account_id == account_id else None

    async def note_use(self, session_id: str, now: datetime) -> None:
        async with self._database.write() as sql:
            await sql.execute(update(SessionRow).where(col(SessionRow.id) == session_id).values(last_seen_at=now))

    async def of_account(self, account_id: str) -> Sequence[Session]:
        query = (
            select(SessionRow)
            .where(col(SessionRow.account_id) == account_id)
            .order_by(col(SessionRow.authenticated_at).desc())
            .limit(SESSIONS_PER_ACCOUNT_MAX)
        )
        async with self._database.read() as sql:
            return [session_of(row) for row in (await sql.scalars(query)).all()]

    async def end(self, session_ids: Sequence[str], account_id: str) -> list[str]:
        async with self._database.write() as sql:
            chosen = (col(SessionRow.account_id) == account_id) & col(SessionRow.id).in_(session_ids)
            return await _end(sql, chosen)


async def _end(sql: AsyncSession, chosen: ColumnElement[bool]) -> list[str]:
    return list((await sql.scalars(delete(SessionRow).where(chosen).returning(col(SessionRow.id)))).all())


async def _surplus(sql: AsyncSession, account_id: str) -> list[str]:
    """The oldest sessions beyond what one account may keep."""
    query = (
        select(col(SessionRow.id))
        .where(col(SessionRow.account_id) == account_id)
        .order_by(col(SessionRow.authenticated_at).desc())
        .offset(SESSIONS_PER_ACCOUNT_MAX)
    )
    return list((await sql.scalars(query)).all())
