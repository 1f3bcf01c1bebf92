"""The gateway's tables: visit data, the secrets of the day, and answers to repeated requests."""

from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Integer
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.sealing import Sealed
from chassis.tables import standard_tables
from contracts.personal_data import Category, Declaration, LegalBasis, NoPersonalData, PersonalData, Retained

VISIT_RETENTION = timedelta(days=30)
SECRET_RETENTION = timedelta(days=30)
IDEMPOTENCY_RETENTION = timedelta(hours=24)
ZONE = "UTC"


class Base(SQLModel, registry=registry()):
    """The gateway's own registry."""


class RequestLog(Base, table=True):
    """One request, reduced to the visit data that the policy lists; the address is encrypted under the day's key."""

    __tablename__ = "request_log"
    __personal_data__: ClassVar[Declaration] = PersonalData(
        categories=(Category.VISIT,),
        purpose="stability and security of the service",
        legal_basis=LegalBasis.LEGITIMATE_INTERESTS,
        retention=VISIT_RETENTION,
        located_by={},
        expires="at",
        source="the browser",
        retained=Retained(
            article="Art. 11(2), Art. 17(3)(e)",
            reason="visit data without any link to an account; it cannot be searched for a person",
            period=VISIT_RETENTION,
        ),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    zone: str = ZONE
    address: bytes
    route: str
    method: str
    status: int
    size_bytes: int
    referrer: str
    browser: str
    system: str
    language: str


class DaySecret(Base, table=True):
    """The secret of a day and purpose, sealed: gone from every copy once its row is deleted and its key destroyed."""

    __tablename__ = "day_secret"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(reason="random keys, one per day and purpose")

    day: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    sealed_by: int = Field(sa_type=BigInteger)
    secret: str = Field(sa_type=Sealed("day_secret.secret"))
    at: datetime = Field(sa_type=UtcDateTime)


class RepeatedRequest(Base, table=True):
    """What an Idempotency-Key was answered with: a keyed hash of session and key, the body's hash, the status."""

    __tablename__ = "repeated_request"
    __personal_data__: ClassVar[Declaration] = NoPersonalData(
        reason="keyed hashes under the secret of a day; they cannot be traced once it is gone"
    )

    key: str = Field(primary_key=True)
    body_hash: str
    status: int
    at: datetime = Field(sa_type=UtcDateTime, index=True)


TABLES = standard_tables(Base.metadata, mail=False, sealed=True)
