"""The vocabulary of the data inventory: what a store holds about whom, why, how long, and what erasure does.

Every table declares one of the two: `PersonalData` or `NoPersonalData`. A store without a declaration keeps
its service from starting (closed world). Sources: GDPR Art. 5, 6, 13, 15, 17, 30.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

# The table, in every service that finds anybody by an identifier, of those whose data may only be stored (Art. 18).
RESTRICTION_STORE = "restriction"


class LegalBasis(StrEnum):
    """GDPR Art. 6(1), one word each."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class Category(StrEnum):
    """Categories of personal data, as shown in the record of processing (Art. 30(1)(c))."""

    CONTACT = "contact"
    CREDENTIALS = "credentials"
    IDENTITY = "identity"
    SESSIONS = "sessions"
    CONSENT = "consent"
    CORRESPONDENCE = "correspondence"
    REQUESTS = "requests"
    USAGE = "usage"
    VISIT = "visit"
    NEWSLETTER = "newsletter"
    ANALYTICS = "analytics"


class Locator(StrEnum):
    """The kinds of identifier by which a person's rows are found; a holder is told only the kinds it declares."""

    ACCOUNT_ID = "account_id"
    EMAIL = "email"
    VISITOR_ID = "visitor_id"
    QUOTA_KEY = "quota_key"
    COMMAND_ID = "command_id"


class Rectifiable(StrEnum):
    """What a rectification may change (Art. 16)."""

    NAME = "name"
    EMAIL = "email"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What stays after an erasure, as printed on the certificate: article, reason, and for how long at most.

    `until_recipients` means that it is gone before the case closes: when the recipients have erased as well.
    """

    article: str
    reason: str
    period: timedelta
    until_recipients: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """What a table holds about whom.

    `located_by` maps each kind of identifier to the column that holds it; rows that match any of them are the
    person's. `withheld` names columns that never leave in an export (hashes, secrets: Art. 15(4)). `expires`
    names the column (aware UTC time) that the retention period counts from; none for what ends with its cause, however
    long that takes: owed work when it is done. `retained` set means: an erasure leaves these rows, for that reason,
    until their period ends.

    `rectifies` maps what a rectification may change to the column that holds it; a table of contact or identity data
    must say so, even if it is nothing. `ends_on_objection` (Art. 21): whether the person's rows go when they object; a
    table kept for legitimate interests, a public task, the newsletter or statistics must say so, unless it is retained.
    A restriction (Art. 18) needs no word: rows of a restricted person stay, and are used for nothing else.
    """

    categories: tuple[Category, ...]
    purpose: str
    legal_basis: LegalBasis
    retention: timedelta
    located_by: dict[Locator, str]
    expires: str | None
    source: str = "the data subject"
    recipients: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()
    retained: Retained | None = None
    rectifies: dict[Rectifiable, str] | None = None
    ends_on_objection: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPersonalData:
    """A table that holds nothing about a person, and why that is so."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalStore:
    """A store outside our databases (a contact at Brevo, a person at PostHog) that commands must reach.

    `rectifies`: what is corrected there. `ends_on_objection`: whether the person's record there goes when they object.
    `restricts`: whether a restriction can be carried out there; in any case nothing more is sent.
    """

    holder: str
    recipient: str
    categories: tuple[Category, ...]
    purpose: str
    legal_basis: LegalBasis
    retention: timedelta
    located_by: tuple[Locator, ...]
    rectifies: tuple[Rectifiable, ...]
    ends_on_objection: bool
    restricts: bool
    region: str = "EU"


Declaration = PersonalData | NoPersonalData


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderPart:
    """One holder of personal data: a service's own database, or a recipient that the service speaks to."""

    holder: str
    service: str
    locators: tuple[Locator, ...]
    recipient: bool
    stores: dict[str, Declaration | ExternalStore] = field(default_factory=dict)
