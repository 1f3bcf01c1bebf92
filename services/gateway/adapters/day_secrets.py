"""Secrets that live for a day: for pseudonyms of accounts and addresses, and for the address in the visit data.

Each is random, stands sealed in the database, and is destroyed with its row's subject key when its period ends;
nothing can be derived again after that, from no copy of the database.
"""

import hmac
import os
import secrets
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete
from sqlmodel import col, select

from chassis.clock import Clock
from chassis.database import Database, Session, affected, insert_into, wake_after_commit
from chassis.sealing import SUBJECT_KEYS, new_key, unneeded
from services.gateway.domain import day_name, pseudonym
from services.gateway.tables import SECRET_RETENTION, Base, DaySecret

NONCE_BYTES: Final = 12
SECRET_BYTES: Final = 32
LIMITS, QUOTA, ADDRESS = "limits", "quota", "address"
LIFETIMES = {LIMITS: timedelta(days=1), QUOTA: timedelta(days=2), ADDRESS: SECRET_RETENTION}


class DaySecrets:
    """The secrets of today (and, for quotas, yesterday), in memory once loaded."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._today = ""
        self._secrets: dict[tuple[str, str], bytes] = {}
        self._address_cipher: AESGCM

    async def refresh(self) -> None:
        """Load or make today's secrets, and destroy those whose period is over."""
        now = self._clock.now()
        today = day_name(now.date())
        if today == self._today:
            return
        rows = await self._database.write(_renew, now)
        known = {(day, purpose): bytes.fromhex(secret) for day, purpose, secret in rows}
        self._secrets, self._today = known, today
        self._address_cipher = AESGCM(known[today, ADDRESS])

    def of_address(self, network: str) -> str:
        """The pseudonym of a network (`domain.network_of`) for today's limits; never stored."""
        return pseudonym(self._secrets[self._today, LIMITS], network)

    def of_account(self, account_id: str) -> str:
        """The pseudonym of an account for today's quotas."""
        return pseudonym(self._secrets[self._today, QUOTA], account_id)

    def of_account_on_all_days(self, account_id: str) -> list[str]:
        """Every pseudonym of an account that can still be derived."""
        return [pseudonym(secret, account_id) for (_, purpose), secret in self._secrets.items() if purpose == QUOTA]

    def repeated(self, session: str, route: str, key: str, body: bytes) -> list[tuple[str, str]]:
        """The keyed hashes of a request's name and of its body, under each secret that it may be known by."""
        name = f"{session}\n{route}\n{key}".encode()
        days = sorted((day for day, purpose in self._secrets if purpose == QUOTA), reverse=True)
        usable = [self._secrets[day, QUOTA] for day in days]
        return [(_keyed(secret, b"name", name), _keyed(secret, b"body", body)) for secret in usable]

    def seal_address(self, address: str) -> bytes:
        """Encrypt an address under today's key (AES-256-GCM, nonce first)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._address_cipher.encrypt(nonce, address.encode(), None)


def _renew(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Destroy the secrets whose period is over, keep today's new ones, and return all that are left."""
    for purpose, lifetime in LIFETIMES.items():
        is_over = col(DaySecret.day) <= day_name((now - lifetime).date())
        session.execute(delete(DaySecret).where(col(DaySecret.purpose) == purpose).where(is_over))
    for purpose in LIFETIMES:
        _make(session, purpose, now)
    wake_after_commit(session, SUBJECT_KEYS)
    rows = session.execute(select(DaySecret)).scalars()
    return [(row.day, row.purpose, row.secret) for row in rows]


def _make(session: Session, purpose: str, now: datetime) -> None:
    """Make today's secret. Another gateway may do so at the same moment: the first to write is right."""
    key = new_key(session)
    row = {"day": day_name(now.date()), "purpose": purpose, "sealed_by": key.cell, "at": now}
    insert = insert_into(session, Base.metadata.tables[str(DaySecret.__tablename__)])
    made = insert.values(**row, secret=key.seal(secrets.token_hex(SECRET_BYTES))).on_conflict_do_nothing()
    if not affected(session, made):
        unneeded(session, key)


def _keyed(secret: bytes, part: bytes, data: bytes) -> str:
    return hmac.digest(secret, part + b"\n" + data, "sha256").hex()
