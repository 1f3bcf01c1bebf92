"""The tables of this service, each with what it holds about whom and why."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, Integer, false
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.sealing import BlindIndex, Sealed
from chassis.tables import standard_tables
from contracts.personal_data import Category, LegalBasis, Locator, NoPersonalData, PersonalData, Rectifiable, Retained
from services.newsletter.domain.subscriptions import OPT_IN_TTL, SUBSCRIPTION_KEPT, SUPPRESSION_KEPT

ID_MAX, HASH_MAX, WORD_MAX, VERSION_MAX = 64, 64, 20, 40


class Base(SQLModel, registry=registry()):
    """The parent of this service's tables."""


class OptInRow(Base, table=True):
    """Somebody asked for the newsletter; the mailed link has not been used yet."""

    __tablename__ = "opt_in"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONTACT, Category.CONSENT),
        purpose="confirm that whoever asked for the newsletter owns the address",
        legal_basis=LegalBasis.CONSENT,
        retention=OPT_IN_TTL,
        located_by={Locator.EMAIL: "email_index"},
        expires="created_at",
        rectifies={Rectifiable.LANGUAGE: "language"},  # the link proves this address alone
        ends_on_objection=True,
        withheld=frozenset({"token_hash", "sealed_by", "email_index"}),
    )

    token_hash: str = Field(primary_key=True, max_length=HASH_MAX)
    sealed_by: int = Field(sa_type=BigInteger)
    email: str = Field(sa_type=Sealed("opt_in.email"))
    email_index: str = Field(sa_type=BlindIndex("email"), index=True)
    language: str = Field(max_length=WORD_MAX)
    notice_version: str = Field(max_length=VERSION_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    consent_record: str | None = Field(default=None, max_length=ID_MAX)


class SubscriptionRow(Base, table=True):
    """A reader: the address, and the proof that its owner consented. It goes when the subscription ends."""

    __tablename__ = "subscription"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONTACT, Category.CONSENT, Category.NEWSLETTER),
        purpose="send the newsletter to those who asked for it, and prove that they did",
        legal_basis=LegalBasis.CONSENT,
        retention=SUBSCRIPTION_KEPT,
        located_by={Locator.EMAIL: "email_index"},
        expires="confirmed_at",
        rectifies={Rectifiable.EMAIL: "email", Rectifiable.LANGUAGE: "language"},
        ends_on_objection=True,
        recipients=("Brevo", "mail relay"),
        withheld=frozenset({"unsubscribe_hash", "sealed_by", "email_index"}),
    )

    id: str = Field(primary_key=True, max_length=ID_MAX)
    sealed_by: int = Field(sa_type=BigInteger)
    email: str = Field(sa_type=Sealed("subscription.email"))
    email_index: str = Field(sa_type=BlindIndex("email"), unique=True)
    language: str = Field(max_length=WORD_MAX)
    notice_version: str = Field(max_length=VERSION_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime = Field(sa_type=UtcDateTime, index=True)
    unsubscribe_hash: str = Field(unique=True, max_length=HASH_MAX)
    consent_record: str | None = Field(default=None, max_length=ID_MAX)


class SuppressionRow(Base, table=True):
    """An address that left, as a keyed hash: enough to keep it from coming back by an import, and no more."""

    __tablename__ = "suppression"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.NEWSLETTER,),
        purpose="keep an address that left from being written to again",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=SUPPRESSION_KEPT,
        located_by={},
        expires="created_at",
        retained=Retained(
            article="Art. 21(3)",
            reason="a keyed hash of an address that left the newsletter, so that no import can bring it back",
            period=SUPPRESSION_KEPT,
        ),
    )

    address_hash: str = Field(primary_key=True, max_length=HASH_MAX)
    unsubscribe_hash: str | None = Field(default=None, index=True, max_length=HASH_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AsideCallbackRow(Base, table=True):
    """A call-back that can never be carried out: that it came, and why it cannot; Brevo shows what it said."""

    __tablename__ = "callback_aside"
    __personal_data__: ClassVar[NoPersonalData] = NoPersonalData(
        reason="a keyed hash of a call-back, the kind of event and the code of a reason; gone after 90 days"
    )

    identity: str = Field(primary_key=True, max_length=HASH_MAX)
    event: str = Field(max_length=WORD_MAX)
    code: str = Field(max_length=VERSION_MAX)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


class BrevoTaskRow(Base, table=True):
    """What is owed to Brevo. The address is read from the subscription when the task is carried out.

    `reason` is the code of the last failure; `stuck`: it failed so often that a person has to look.
    """

    __tablename__ = "brevo_task"
    __personal_data__: ClassVar[NoPersonalData] = NoPersonalData(
        reason="an opaque id and what is to be done with it; gone once Brevo has done it"
    )

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    action: str = Field(max_length=WORD_MAX)
    subscription_id: str = Field(max_length=ID_MAX)
    since: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reason: str | None = Field(default=None, max_length=VERSION_MAX)
    stuck: bool = Field(default=False, sa_column_kwargs={"server_default": false()})

    __table_args__ = (Index("ix_brevo_task_attempts_due_at", "attempts", "due_at"),)


TABLES = standard_tables(Base.metadata, mail=True, recipients=True)
