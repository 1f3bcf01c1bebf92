"""Consent, as the law speaks of it: given, withdrawn or refused for one purpose, under a notice that was shown.

Records follow ISO/IEC TS 27560. Each is committed to in a hash chain as SHA-256(salt, contents): erasing a record
with its salt leaves the chain whole, and the commitment left behind says nothing.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.identifiers import new_id, new_secret

SCHEMA = "ISO/IEC TS 27560:2023"
WEB, BY_LETTER = "web", "newsletter"  # where somebody said it: on a page, or by leaving through a newsletter
FIRST_LINK = "0" * 64
EVIDENCE_DOMAIN = "larabot-consent-evidence-v1"
# Then people are asked again: a browser after half a year, an account after two years.
VISITOR_CONSENT_LASTS = timedelta(days=182)
ACCOUNT_CONSENT_LASTS = timedelta(days=730)


class Event(StrEnum):
    """What happened to a consent."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


class Kind(StrEnum):
    """Whose consent: an account's, or a browser's."""

    ACCOUNT = "account"
    VISITOR = "visitor"


LASTS = {Kind.ACCOUNT: ACCOUNT_CONSENT_LASTS, Kind.VISITOR: VISITOR_CONSENT_LASTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The notice that was in force, in the language in which it was shown."""

    controller: str
    version: str
    hash: str
    language: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One act for one purpose; never changed, only erased. A refusal without an id belongs to nobody."""

    record_id: str
    receipt_id: str
    schema_version: str
    controller: str
    purpose: str
    legal_basis: str
    notice_version: str
    notice_hash: str
    language: str
    method: str
    event: str
    at: datetime
    account_id: str | None
    visitor_id: str | None
    salt: str

    @property
    def commitment(self) -> str:
        """What the chain holds of it."""
        contents = {**asdict(self), "at": self.at.isoformat()}
        return hashlib.sha256(json.dumps(contents, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def evidence(self, key: bytes) -> str:
        """What an erasure leaves: only who knows the key and the pseudonym can tell whose consent this was."""
        parts = (EVIDENCE_DOMAIN, self.account_id, self.visitor_id, self.purpose, self.event, self.at.isoformat())
        return hmac.new(key, "\n".join(part or "" for part in parts).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveConsent:
    """A consent that has been given and not withdrawn; `subject_id` is the id of the account or of the browser."""

    kind: Kind
    subject_id: str
    purpose: str
    notice_version: str
    record_id: str
    given_at: datetime

    def holds(self, versions: Collection[str], now: datetime) -> bool:
        """Whether it still counts: the notice has not changed in substance, and it was not given too long ago."""
        return self.notice_version in versions and now < self.given_at + LASTS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants, purpose by purpose; what is not named stays."""

    account_id: str | None
    visitor_id: str | None
    account_purposes: Mapping[str, bool]
    cookie_purposes: Mapping[str, bool]
    method: str = WEB


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What follows from a wish. `visitor_id` is the browser's pseudonym from now on.

    `retired` is a pseudonym that no browser will hold any more: nobody could see or erase what is recorded under it,
    so of its records only evidence stays. `active` is what the account and the browser consent to afterwards.
    """

    receipt_id: str
    records: tuple[Record, ...]
    given: tuple[ActiveConsent, ...]
    ended: tuple[ActiveConsent, ...]
    active: tuple[ActiveConsent, ...]
    withdrawn: tuple[str, ...]
    visitor_id: str | None
    retired: str | None
    accepted_cookies: frozenset[str]


def decide(
    wish: Wish, active_consents: Iterable[ActiveConsent], versions: Collection[str], shown: Shown, now: datetime
) -> Change:
    """Work out what to record and what is consented to afterwards.

    A browser keeps or gets a pseudonym only while something is accepted; one that nothing is recorded under (forged, or
    erased since) is not taken over. Nothing outside is read or changed, but the ids and salts are random.
    """
    active_consents = tuple(active_consents)
    before = {one.purpose for one in active_consents if one.holds(versions, now)}
    accepted = _accepted(wish, active_consents, before)
    visitor_id = (wish.visitor_id if _is_known(wish, active_consents) else new_id()) if accepted else None
    receipt_id = new_id()
    records = []
    for purpose, agreed in {**wish.account_purposes, **wish.cookie_purposes}.items():
        is_cookie = purpose in wish.cookie_purposes
        event = Event.GIVEN if agreed else Event.WITHDRAWN if purpose in before else Event.REFUSED
        pseudonym = wish.visitor_id if event is Event.WITHDRAWN else visitor_id
        records.append(
            _record(
                receipt_id,
                purpose,
                event,
                shown,
                now,
                method=wish.method,
                account_id=None if is_cookie else wish.account_id,
                visitor_id=pseudonym if is_cookie else None,
            )
        )
    named = {*wish.account_purposes, *wish.cookie_purposes}
    given = tuple(_active_consent(record) for record in records if record.event == Event.GIVEN)
    return Change(
        receipt_id=receipt_id,
        records=tuple(records),
        given=given,
        active=(*(one for one in active_consents if one.purpose not in named), *given),
        ended=tuple(one for one in active_consents if one.purpose in named),
        withdrawn=tuple(record.purpose for record in records if record.event == Event.WITHDRAWN),
        visitor_id=visitor_id,
        retired=wish.visitor_id if wish.cookie_purposes and not accepted else None,
        accepted_cookies=accepted,
    )


def link(previous: str, commitment: str) -> str:
    """The next hash of the chain."""
    return hashlib.sha256(f"{previous}\n{commitment}".encode()).hexdigest()


def first_broken(previous: str, links: Iterable[tuple[int, str, str]], records: Mapping[int, Record]) -> int | None:
    """The first sequence at which the chain, or a record that is still there, does not fit; None if all fit."""
    for sequence, commitment, chained in links:
        record = records.get(sequence)
        if link(previous, commitment) != chained or (record is not None and record.commitment != commitment):
            return sequence
        previous = chained
    return None


def _accepted(wish: Wish, active_consents: Iterable[ActiveConsent], before: Collection[str]) -> frozenset[str]:
    kept = {one.purpose for one in active_consents if one.kind is Kind.VISITOR and one.purpose in before}
    asked = {purpose for purpose, agreed in wish.cookie_purposes.items() if agreed}
    refused = set(wish.cookie_purposes) - asked
    return frozenset((kept | asked) - refused)


def _is_known(wish: Wish, active_consents: Iterable[ActiveConsent]) -> bool:
    return any(one.kind is Kind.VISITOR and one.subject_id == wish.visitor_id for one in active_consents)


def _record(
    receipt_id: str,
    purpose: str,
    event: Event,
    shown: Shown,
    now: datetime,
    *,
    method: str,
    account_id: str | None,
    visitor_id: str | None,
) -> Record:
    return Record(
        record_id=new_id(),
        receipt_id=receipt_id,
        schema_version=SCHEMA,
        controller=shown.controller,
        purpose=purpose,
        legal_basis=shown.legal_basis,
        notice_version=shown.version,
        notice_hash=shown.hash,
        language=shown.language,
        method=method,
        event=event.value,
        at=now,
        account_id=account_id,
        visitor_id=visitor_id,
        salt=new_secret(),
    )


def _active_consent(record: Record) -> ActiveConsent:
    kind = Kind.ACCOUNT if record.account_id else Kind.VISITOR
    return ActiveConsent(
        kind=kind,
        subject_id=record.account_id or record.visitor_id or "",
        purpose=record.purpose,
        notice_version=record.notice_version,
        record_id=record.record_id,
        given_at=record.at,
    )
