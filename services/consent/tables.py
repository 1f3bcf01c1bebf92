"""The tables of this service, each with what it holds about whom and why."""

from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.tables import standard_tables
from contracts.personal_data import Category, LegalBasis, Locator, NoPersonalData, PersonalData, Retained
from services.consent.domain import ACCOUNT_CONSENT_LASTS, VISITOR_CONSENT_LASTS

ID_MAX, HASH_MAX, WORD_MAX, NAME_MAX = 64, 64, 40, 120
# While a consent is relied upon, and then for as long as claims may arise from it.
EVIDENCE_KEPT = timedelta(days=3 * 365)


# Far longer than a request, a retry or a redelivery may be late.
ERASED_ACCOUNT_KEPT = timedelta(days=30)


class Base(SQLModel, registry=registry()):
    """The parent of this service's tables."""


def _lapsing(subject: str) -> Index:
    """The records that are relied on, of accounts or of visitors alone: each kind lapses after a time of its own."""
    where = text(f"ended_at IS NULL AND {subject}_id IS NOT NULL")
    return Index(f"ix_consent_record_{subject}_lapsing", "at", sqlite_where=where, postgresql_where=where)


class RecordRow(Base, table=True):
    """One act for one purpose, in the fields of ISO/IEC TS 27560. `ended_at`: nothing relies on it since then.

    A person's records are read newest first, and lapsed ones are looked for by when they were given.
    """

    __table_args__ = (
        Index("ix_consent_record_account", "account_id", "sequence"),
        Index("ix_consent_record_visitor", "visitor_id", "sequence"),
        _lapsing("account"),
        _lapsing("visitor"),
    )

    __tablename__ = "consent_record"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONSENT,),
        purpose="prove what was consented to, and when it was withdrawn",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=EVIDENCE_KEPT,
        located_by={Locator.ACCOUNT_ID: "account_id", Locator.VISITOR_ID: "visitor_id"},
        expires="ended_at",
    )

    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    record_id: str = Field(unique=True, max_length=ID_MAX)
    receipt_id: str = Field(max_length=ID_MAX)
    schema_version: str = Field(max_length=WORD_MAX)
    controller: str = Field(max_length=NAME_MAX)
    purpose: str = Field(max_length=WORD_MAX)
    legal_basis: str = Field(max_length=WORD_MAX)
    notice_version: str = Field(max_length=WORD_MAX)
    notice_hash: str = Field(max_length=HASH_MAX)
    language: str = Field(max_length=WORD_MAX)
    method: str = Field(max_length=WORD_MAX)
    event: str = Field(max_length=WORD_MAX)
    at: datetime = Field(sa_type=UtcDateTime)
    account_id: str | None = Field(default=None, max_length=ID_MAX)
    visitor_id: str | None = Field(default=None, max_length=ID_MAX)
    salt: str = Field(max_length=ID_MAX)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


class ActiveConsentRow(Base):
    """A consent that has been given and not withdrawn: whose, for what, under which notice, by which record."""

    subject_id: str = Field(primary_key=True, max_length=ID_MAX)
    purpose: str = Field(primary_key=True, max_length=WORD_MAX)
    notice_version: str = Field(max_length=WORD_MAX)
    record_id: str = Field(max_length=ID_MAX)
    given_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AccountConsentRow(ActiveConsentRow, table=True):
    """What an account consents to now."""

    __tablename__ = "account_consent"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONSENT,),
        purpose="process only what the person has consented to",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=ACCOUNT_CONSENT_LASTS,
        located_by={Locator.ACCOUNT_ID: "subject_id"},
        expires="given_at",
    )


class VisitorConsentRow(ActiveConsentRow, table=True):
    """What a browser's visitor consents to now, under the random id of its cookie."""

    __tablename__ = "visitor_consent"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONSENT,),
        purpose="process only what the visitor has consented to",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=VISITOR_CONSENT_LASTS,
        located_by={Locator.VISITOR_ID: "subject_id"},
        expires="given_at",
    )


class EvidenceRow(Base, table=True):
    """What an erasure leaves of a consent: nobody can be found by it; a known pseudonym can be checked against it."""

    __tablename__ = "consent_evidence"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONSENT,),
        purpose="answer a claim that there was no consent",
        legal_basis=LegalBasis.LEGITIMATE_INTERESTS,
        retention=EVIDENCE_KEPT,
        located_by={},
        expires="created_at",
        source="the person's own consent records, at their erasure",
        retained=Retained(
            article="Art. 17(3)(e)",
            reason="purpose, notice, times and a keyed hash of a consent, to defend against a claim",
            period=EVIDENCE_KEPT,
        ),
    )

    id: str = Field(primary_key=True, max_length=ID_MAX)
    purpose: str = Field(max_length=WORD_MAX)
    event: str = Field(max_length=WORD_MAX)
    at: datetime = Field(sa_type=UtcDateTime)
    notice_version: str = Field(max_length=WORD_MAX)
    notice_hash: str = Field(max_length=HASH_MAX)
    keyed_hash: str = Field(max_length=HASH_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ErasedAccountRow(Base, table=True):
    """An account that was erased here, as a keyed hash of its random id: what still arrives for it is refused."""

    __tablename__ = "erased_account"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.REQUESTS,),
        purpose="refuse a choice that was on its way while its account was erased",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=ERASED_ACCOUNT_KEPT,
        located_by={},
        expires="erased_at",
        source="the erasure itself",
        retained=Retained(
            article="Art. 17(1), Art. 32",
            reason="a keyed hash of the account's random id, so that nothing is written under it again",
            period=ERASED_ACCOUNT_KEPT,
        ),
    )

    account_hash: str = Field(primary_key=True, max_length=HASH_MAX)
    erased_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ChainRow(Base, table=True):
    """A link of the chain over all records."""

    __tablename__ = "consent_chain"
    __personal_data__: ClassVar[NoPersonalData] = NoPersonalData(
        reason="salted commitments; the salt is in the record and is erased with it"
    )

    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    commitment: str = Field(max_length=HASH_MAX)
    chained: str = Field(max_length=HASH_MAX)


class ChainHeadRow(Base, table=True):
    """The end of the chain: one row, whose lock puts writers in a line."""

    __tablename__ = "consent_chain_head"
    __personal_data__: ClassVar[NoPersonalData] = NoPersonalData(reason="a sequence and a hash")

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sequence: int = Field(sa_type=BigInteger)
    chained: str = Field(max_length=HASH_MAX)


RECORD, ACCOUNT_CONSENT, VISITOR_CONSENT, EVIDENCE, ERASED_ACCOUNT, CHAIN, CHAIN_HEAD = (
    Base.metadata.tables[name]
    for name in (
        "consent_record",
        "account_consent",
        "visitor_consent",
        "consent_evidence",
        "erased_account",
        "consent_chain",
        "consent_chain_head",
    )
)
TABLES = standard_tables(Base.metadata, mail=False)
