"""The tables of this service, each with what it holds about whom and why."""

from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.sealing import BlindIndex, Sealed
from chassis.tables import standard_tables
from contracts.personal_data import Category, LegalBasis, Locator, PersonalData, Rectifiable
from services.auth.domain.accounts import REGISTRATION_TTL, RESET_TTL
from services.auth.domain.sessions import LIFETIME_MAX

ID_MAX, HASH_MAX, WORD_MAX = 64, 200, 20
UNUSED_ACCOUNT_KEPT = timedelta(days=730)


class Base(SQLModel, registry=registry()):
    """The parent of this service's tables."""


class RegistrationRow(Base, table=True):
    """A registration whose address is not confirmed yet."""

    __tablename__ = "registration"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONTACT, Category.CREDENTIALS),
        purpose="confirm that an address belongs to the person who registers with it",
        legal_basis=LegalBasis.CONTRACT,
        retention=REGISTRATION_TTL,
        located_by={Locator.EMAIL: "email_index"},
        expires="created_at",
        rectifies={Rectifiable.NAME: "name", Rectifiable.LANGUAGE: "language"},  # the link proves this address alone
        withheld=frozenset({"token_hash", "password_hash", "sealed_by", "email_index"}),
    )

    token_hash: str = Field(primary_key=True, max_length=ID_MAX)
    sealed_by: int = Field(sa_type=BigInteger)
    email: str = Field(sa_type=Sealed("registration.email"))
    # None where the address had an account already, and nothing is to come of this.
    email_index: str | None = Field(sa_type=BlindIndex("email"), index=True)
    name: str = Field(sa_type=Sealed("registration.name"))
    password_hash: str = Field(max_length=HASH_MAX)
    language: str = Field(max_length=WORD_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AccountRow(Base, table=True):
    """An account with a confirmed address."""

    __tablename__ = "account"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CONTACT, Category.IDENTITY),
        purpose="let a person use the service, at the level that is theirs, and reach them about it",
        legal_basis=LegalBasis.CONTRACT,
        retention=UNUSED_ACCOUNT_KEPT,
        located_by={Locator.ACCOUNT_ID: "id", Locator.EMAIL: "email_index"},
        expires="last_login_at",
        rectifies={Rectifiable.NAME: "name", Rectifiable.EMAIL: "email", Rectifiable.LANGUAGE: "language"},
        withheld=frozenset({"sealed_by", "email_index"}),
    )

    id: str = Field(primary_key=True, max_length=ID_MAX)
    sealed_by: int = Field(sa_type=BigInteger)
    email: str = Field(sa_type=Sealed("account.email"))
    email_index: str = Field(sa_type=BlindIndex("email"), unique=True)
    name: str = Field(sa_type=Sealed("account.name"))
    role: str = Field(max_length=WORD_MAX)
    tier: str = Field(max_length=WORD_MAX)
    language: str = Field(max_length=WORD_MAX)
    status: str = Field(max_length=WORD_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_login_at: datetime = Field(sa_type=UtcDateTime, index=True)


class CredentialRow(Base, table=True):
    """The password of an account, as an argon2id hash; `changed_at` is another for each password."""

    __tablename__ = "credential"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CREDENTIALS,),
        purpose="check a password without knowing it",
        legal_basis=LegalBasis.CONTRACT,
        retention=UNUSED_ACCOUNT_KEPT,
        located_by={Locator.ACCOUNT_ID: "account_id"},
        expires="last_login_at",
        withheld=frozenset({"password_hash"}),
    )

    account_id: str = Field(primary_key=True, max_length=ID_MAX)
    password_hash: str = Field(max_length=HASH_MAX)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    last_login_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SessionRow(Base, table=True):
    """A browser that is signed in; the secret of its cookie is known to the browser only."""

    __tablename__ = "session"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.SESSIONS,),
        purpose="keep a browser signed in, and let its owner see and end that",
        legal_basis=LegalBasis.CONTRACT,
        retention=LIFETIME_MAX,
        located_by={Locator.ACCOUNT_ID: "account_id"},
        expires="created_at",
        withheld=frozenset({"secret_hash"}),
    )

    id: str = Field(primary_key=True, max_length=ID_MAX)
    account_id: str = Field(index=True, max_length=ID_MAX)
    secret_hash: str = Field(unique=True, max_length=ID_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    authenticated_at: datetime = Field(sa_type=UtcDateTime)


class ResetTokenRow(Base, table=True):
    """A mailed link to choose a new password; the link's secret is known to the mail only."""

    __tablename__ = "reset_token"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.CREDENTIALS,),
        purpose="let the owner of an address choose a new password",
        legal_basis=LegalBasis.CONTRACT,
        retention=RESET_TTL,
        located_by={Locator.ACCOUNT_ID: "account_id"},
        expires="created_at",
        withheld=frozenset({"token_hash"}),
    )

    token_hash: str = Field(primary_key=True, max_length=ID_MAX)
    account_id: str = Field(index=True, max_length=ID_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


ACCOUNT, CREDENTIAL, SESSION, REGISTRATION, RESET_TOKEN = (
    Base.metadata.tables[name] for name in ("account", "credential", "session", "registration", "reset_token")
)
TABLES = standard_tables(Base.metadata, mail=True)
