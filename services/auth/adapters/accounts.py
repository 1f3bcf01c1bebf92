"""Accounts in SQL: one transaction a method, with the letter that belongs to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chassis.database import Database
from chassis.mail import Letter, post
from services.auth.adapters.rows import account_of, session_values
from services.auth.domain.accounts import (
    REGISTRATION_TTL,
    RESET_TTL,
    RESETS_PER_ACCOUNT_MAX,
    Account,
    Credential,
    Registration,
    Status,
)
from services.auth.domain.letters import Notice
from services.auth.domain.sessions import Session
from services.auth.tables import TABLES, AccountRow, CredentialRow, RegistrationRow, ResetTokenRow, SessionRow


class SqlAccounts:
    """The port `Accounts` over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, account_id: str) -> Account | None:
        async with self._database.read() as session:
            row = await session.get(AccountRow, account_id)
            return account_of(row) if row else None

    async def credential_of_email(self, email: str) -> Credential | None:
        return await self._credential(col(AccountRow.email) == email)

    async def credential_of(self, account_id: str) -> Credential | None:
        return await self._credential(col(AccountRow.id) == account_id)

    async def register(self, registration: Registration, letter: Notice | None) -> None:
        async with self._database.write() as session:
            session.add(
                RegistrationRow(
                    token_hash=registration.token_hash,
                    email=registration.email,
                    name=registration.name,
                    password_hash=registration.password_hash,
                    language=registration.language,
                    created_at=registration.created_at,
                )
            )
            await _post(session, letter)

    async def confirm(self, token_hash: str, account: Account, now: datetime) -> bool:
        async with self._database.write() as session:
            row = await _taken(session, token_hash, now)
            if row is None or await session.scalar(select(exists().where(col(AccountRow.email) == row.email))):
                return False
            session.add(
                AccountRow(
                    id=account.id,
                    email=row.email,
                    name=row.name,
                    role=account.role,
                    tier=account.tier,
                    language=row.language,
                    status=account.status.value,
                    created_at=now,
                    last_login_at=now,
                )
            )
            session.add(
                CredentialRow(account_id=account.id, password_hash=row.password_hash, changed_at=now, last_login_at=now)
            )
            return True

    async def offer_reset(self, token_hash: str, account_id: str, now: datetime, letter: Notice | None) -> None:
        async with self._database.write() as session:
            live = select(func.count()).where(
                col(ResetTokenRow.account_id) == account_id, col(ResetTokenRow.created_at) > now - RESET_TTL
            )
            if (await session.scalar(live) or 0) >= RESETS_PER_ACCOUNT_MAX:
                letter = None
            else:
                session.add(ResetTokenRow(token_hash=token_hash, account_id=account_id, created_at=now))
            await _post(session, letter)

    async def account_of_reset(self, token_hash: str, now: datetime) -> Account | None:
        query = (
            select(AccountRow)
            .join(ResetTokenRow, col(ResetTokenRow.account_id) == col(AccountRow.id))
            .where(
                col(ResetTokenRow.token_hash) == token_hash,
                col(ResetTokenRow.created_at) > now - RESET_TTL,
                col(AccountRow.status) == Status.ACTIVE.value,
            )
        )
        async with self._database.read() as session:
            row = (await session.scalars(query)).one_or_none()
            return account_of(row) if row else None

    async def reset(self, token_hash: str, password_hash: str, now: datetime, letter: Notice) -> bool:
        async with self._database.write() as session:
            used = delete(ResetTokenRow).where(
                col(ResetTokenRow.token_hash) == token_hash, col(ResetTokenRow.created_at) > now - RESET_TTL
            )
            account_id = (await session.scalars(used.returning(col(ResetTokenRow.account_id)))).one_or_none()
            if account_id is None or not await _set_password(session, account_id, password_hash, now):
                return False
            await _post(session, letter)
            return True

    async def change_password(self, password_hash: str, session: Session, now: datetime, letter: Notice) -> bool:
        async with self._database.write() as sql:
            if not await _set_password(sql, session.account_id, password_hash, now):
                return False
            await sql.execute(insert(SessionRow).values(session_values(session)))
            await _post(sql, letter)
            return True

    async def block(self, account_id: str) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(AccountRow).where(col(AccountRow.id) == account_id).values(status=Status.BLOCKED.value)
            )
            await session.execute(delete(SessionRow).where(col(SessionRow.account_id) == account_id))
            await session.execute(delete(ResetTokenRow).where(col(ResetTokenRow.account_id) == account_id))

    async def _credential(self, condition: Any) -> Credential | None:
        query = (
            select(AccountRow, col(CredentialRow.password_hash))
            .join(CredentialRow, col(CredentialRow.account_id) == col(AccountRow.id))
            .where(condition, col(AccountRow.status) == Status.ACTIVE.value)
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
            return Credential(account=account_of(found[0]), password_hash=found[1]) if found else None


async def _taken(session: AsyncSession, token_hash: str, now: datetime) -> RegistrationRow | None:
    """Take a registration, and all others for its address, out of the table; they are locked in one order."""
    alive = (col(RegistrationRow.created_at) > now - REGISTRATION_TTL) & (col(RegistrationRow.email) != "")
    asked = select(col(RegistrationRow.email)).where(col(RegistrationRow.token_hash) == token_hash, alive)
    email = await session.scalar(asked)
    if email is None:
        return None
    same = col(RegistrationRow.email) == email
    locked = select(RegistrationRow).where(same).order_by(col(RegistrationRow.token_hash)).with_for_update()
    rows = {row.token_hash: row for row in (await session.scalars(locked)).all()}
    await session.execute(delete(RegistrationRow).where(same))
    return rows.get(token_hash)


async def _set_password(session: AsyncSession, account_id: str, password_hash: str, now: datetime) -> bool:
    """Set it, unless the account is blocked or gone; sessions and reset links end with the old one."""
    usable = select(col(AccountRow.id)).where(
        col(AccountRow.id) == account_id, col(AccountRow.status) == Status.ACTIVE.value
    )
    changed = await session.execute(
        update(CredentialRow)
        .where(col(CredentialRow.account_id).in_(usable))
        .values(password_hash=password_hash, changed_at=now)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        return False
    await session.execute(delete(SessionRow).where(col(SessionRow.account_id) == account_id))
    await session.execute(delete(ResetTokenRow).where(col(ResetTokenRow.account_id) == account_id))
    return True


async def _post(session: AsyncSession, letter: Notice | None) -> None:
    if letter is None:
        return
    headers = {"Content-Language": letter.language}
    await post(
        session,
        TABLES,
        Letter(to=letter.to, subject=letter.subject, text=letter.text, html=letter.html, headers=headers),
    )
