"""What the units of work on accounts and sessions share: an account, locked, and the password it has now.

Every unit that depends on an account's state locks its row before it touches anything else. On PostgreSQL such units
on one account therefore take turns, and a session cannot slip past the reset or the block that ends all sessions; on
SQLite all units take turns anyway.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from chassis.database import Session as DatabaseSession
from contracts.fulfilment import Command
from contracts.personal_data import Locator
from services.auth.domain.accounts import Credential, Status
from services.auth.tables import ACCOUNT, CREDENTIAL, RESET_TOKEN, SESSION

IS_ACTIVE = ACCOUNT.c.status == Status.ACTIVE.value

_LOCK_USABLE = select(ACCOUNT.c.id).where(ACCOUNT.c.id == bindparam("account_id"), IS_ACTIVE).with_for_update()
_CHANGED_AT = select(CREDENTIAL.c.changed_at).where(CREDENTIAL.c.account_id == bindparam("account_id"))
_SET_PASSWORD = (
    update(CREDENTIAL)
    .where(CREDENTIAL.c.account_id == bindparam("of_account"))
    .values(
        password_hash=bindparam("new_hash"),
        changed_at=bindparam("at"),
    )
)
_END_SESSIONS = delete(SESSION).where(SESSION.c.account_id == bindparam("of_account"))
_END_RESET_LINKS = delete(RESET_TOKEN).where(RESET_TOKEN.c.account_id == bindparam("of_account"))
_BLOCK = update(ACCOUNT).where(ACCOUNT.c.id == bindparam("of_account")).values(status=Status.BLOCKED.value)


def lock_usable(session: DatabaseSession, account_id: str) -> bool:
    """Lock an account until this unit ends; False if there is none, or it is blocked."""
    return session.execute(_LOCK_USABLE, {"account_id": account_id}).first() is not None


def lock_verified(session: DatabaseSession, verified: Credential) -> bool:
    """As `lock_usable`; False also if the account has another password than the one that was verified."""
    account_id = verified.account.id
    if not lock_usable(session, account_id):
        return False
    return _changed_at(session, account_id) == verified.changed_at


def set_password(session: DatabaseSession, account_id: str, password_hash: str, now: datetime) -> None:
    """Give a locked account another password; its sessions and reset links end with the old one."""
    before = _changed_at(session, account_id)
    # Never the same moment twice, whatever the clocks of several machines say.
    at = now if before is None else max(now, before + timedelta(microseconds=1))
    session.execute(_SET_PASSWORD, {"of_account": account_id, "new_hash": password_hash, "at": at})
    end_access(session, account_id)


def end_access(session: DatabaseSession, account_id: str) -> None:
    """End all sessions and reset links of a locked account."""
    session.execute(_END_SESSIONS, {"of_account": account_id})
    session.execute(_END_RESET_LINKS, {"of_account": account_id})


def block(session: DatabaseSession, account_id: str) -> None:
    """Lock an account and refuse it from now on; sessions and reset links go."""
    session.execute(_BLOCK, {"of_account": account_id})
    end_access(session, account_id)


def block_erased(session: DatabaseSession, command: Command) -> None:
    """Before an account's rows are erased, in the same unit: whatever is under way for it ends first, or is refused."""
    for account_id in command.locators.get(Locator.ACCOUNT_ID, ()):
        block(session, account_id)


def _changed_at(session: DatabaseSession, account_id: str) -> datetime | None:
    found: datetime | None = session.execute(_CHANGED_AT, {"account_id": account_id}).scalar()
    return found
