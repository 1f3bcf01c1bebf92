"""What is left when a person must vanish: evidence (Art. 17(3)(e)), and that their account was erased."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, insert, select

from chassis.database import Session, insert_into
from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id
from services.consent.adapters.rows import RECORD_COLUMNS, record_of
from services.consent.tables import ERASED_ACCOUNT, EVIDENCE

ERASED_DOMAIN = "larabot-consent-erased-account-v1"

_ERASED = select(ERASED_ACCOUNT.c.account_hash).where(ERASED_ACCOUNT.c.account_hash == bindparam("account_hash"))


class EvidenceBook:
    """Keyed hashes of pseudonyms: only who has the key and the pseudonym can tie one to the other."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def enter(self, session: Session, whose: ColumnElement[bool], now: datetime) -> None:
        """Keep purpose, notice, times and a keyed hash of each of these records."""
        records = [record_of(row) for row in session.execute(select(*RECORD_COLUMNS).where(whose))]
        if not records:
            return
        evidence = [
            {
                "id": new_id(),
                "purpose": record.purpose,
                "event": record.event,
                "at": record.at,
                "notice_version": record.notice_version,
                "notice_hash": record.notice_hash,
                "keyed_hash": record.evidence(self._key),
                "created_at": now,
            }
            for record in records
        ]
        session.execute(insert(EVIDENCE), evidence)

    def note_erased(self, session: Session, account_ids: Iterable[str], now: datetime) -> None:
        """Remember, in the erasing unit of work, that these accounts are gone."""
        rows = [{"account_hash": self._erased_hash(one), "erased_at": now} for one in account_ids]
        if rows:
            session.execute(insert_into(session, ERASED_ACCOUNT).values(rows).on_conflict_do_nothing())

    def refuse_erased(self, session: Session, account_id: str) -> None:
        """Look whether an account was erased; the caller holds the turn to append, as the erasure does.

        Raises:
            Refusal: `unauthenticated`, since the account was erased.
        """
        if session.execute(_ERASED, {"account_hash": self._erased_hash(account_id)}).first() is not None:
            raise Refusal(ErrorKind.UNAUTHENTICATED, "account-erased")

    def _erased_hash(self, account_id: str) -> str:
        return hmac.new(self._key, f"{ERASED_DOMAIN}\n{account_id}".encode(), hashlib.sha256).hexdigest()
