"""Secrets that live for a day: for pseudonyms of accounts and addresses, and for the address in the visit data.

Each is random, wrapped under an installation key in the database, and destroyed with its row when its period
ends; nothing can be derived again after that.
"""

import hmac
import os
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete
from sqlmodel import col, select

from chassis.clock import Clock
from chassis.database import Database, Session, insert_into
from services.gateway.domain import day_name, pseudonym
from services.gateway.tables import SECRET_RETENTION, Base, DaySecret

NONCE_BYTES: Final = 12
SECRET_BYTES: Final = 32
LIMITS, QUOTA, ADDRESS = "limits", "quota", "address"
LIFETIMES = {LIMITS: timedelta(days=1), QUOTA: timedelta(days=2), ADDRESS: SECRET_RETENTION}


class DaySecrets:
    """The secrets of today (and, for quotas, yesterday), in memory once loaded."""

    def __init__(self, database: Database, clock: Clock, quota_key: str, address_key: str) -> None:
        self._database = database
        self._clock = clock
        self._wrapping = {
            LIMITS: bytes.fromhex(quota_key),
            QUOTA: bytes.fromhex(quota_key),
            ADDRESS: bytes.fromhex(address_key),
        }
        self._today = ""
        self._secrets: dict[tuple[str, str], bytes] = {}
        self._address_cipher: AESGCM

    async def refresh(self) -> None:
        """Load or make today's secrets, and destroy those whose period is over."""
        now = self._clock.now()
        today = day_name(now.date())
        if today == self._today:
            return
        fresh = [
            {"day": today, "purpose": purpose, "wrapped": self._wrap(purpose, os.urandom(SECRET_BYTES)), "at": now}
            for purpose in LIFETIMES
        ]
        rows = await self._database.write(_renew, now, fresh)
        secrets = {(day, purpose): self._unwrap(purpose, wrapped) for day, purpose, wrapped in rows}
        self._secrets, self._today = secrets, today
        self._address_cipher = AESGCM(secrets[today, ADDRESS])

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
        secrets = [self._secrets[day, QUOTA] for day in days]
        return [(_keyed(secret, b"name", name), _keyed(secret, b"body", body)) for secret in secrets]

    def seal_address(self, address: str) -> bytes:
        """Encrypt an address under today's key (AES-256-GCM, nonce first)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._address_cipher.encrypt(nonce, address.encode(), None)

    def _wrap(self, purpose: str, secret: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._wrapping[purpose]).encrypt(nonce, secret, purpose.encode())

    def _unwrap(self, purpose: str, wrapped: bytes) -> bytes:
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return AESGCM(self._wrapping[purpose]).decrypt(nonce, sealed, purpose.encode())


def _renew(session: Session, now: datetime, fresh: list[dict[str, Any]]) -> list[tuple[str, str, bytes]]:
    """Destroy the secrets whose period is over, keep today's new ones, and return all that are left."""
    for purpose, lifetime in LIFETIMES.items():
        is_over = col(DaySecret.day) <= day_name((now - lifetime).date())
        session.execute(delete(DaySecret).where(col(DaySecret.purpose) == purpose).where(is_over))
    # Another gateway may make today's secrets at the same moment: the first to write is right.
    insert = insert_into(session, Base.metadata.tables[str(DaySecret.__tablename__)])
    session.execute(insert.values(fresh).on_conflict_do_nothing())
    rows = session.execute(select(DaySecret)).scalars()
    return [(row.day, row.purpose, row.wrapped) for row in rows]


def _keyed(secret: bytes, part: bytes, data: bytes) -> str:
    return hmac.digest(secret, part + b"\n" + data, "sha256").hex()
