"""The tables of this service, each with what it holds about whom and why."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.database import UtcDateTime
from chassis.tables import standard_tables
from contracts.personal_data import Category, LegalBasis, Locator, NoPersonalData, PersonalData, Retained
from services.analytics.domain.deletions import DELETION_KEPT, IDENTITY_KEPT

ID_MAX, WORD_MAX = 64, 40


class Base(SQLModel, registry=registry()):
    """The parent of this service's tables."""


class AnalyticsIdentityRow(Base, table=True):
    """Which pseudonym a browser has at PostHog for as long as it consents."""

    __tablename__ = "analytics_identity"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.ANALYTICS,),
        purpose="count page views of those who consented under a pseudonym, and be able to delete them",
        legal_basis=LegalBasis.CONSENT,
        retention=IDENTITY_KEPT,
        located_by={Locator.VISITOR_ID: "visitor_id"},
        expires="created_at",
        ends_on_objection=True,
        recipients=("PostHog",),
    )

    distinct_id: str = Field(primary_key=True, max_length=ID_MAX)
    visitor_id: str = Field(unique=True, max_length=ID_MAX)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class PostHogDeletionRow(Base, table=True):
    """A pseudonym that PostHog is deleting, and whose it was until that is verified or its visitor is erased here.

    `reason` is the code of what went wrong the last time, none if it only takes its time.
    """

    __tablename__ = "posthog_deletion"
    __personal_data__: ClassVar[PersonalData] = PersonalData(
        categories=(Category.ANALYTICS,),
        purpose="have PostHog delete what was counted, and verify that it did",
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
        retention=DELETION_KEPT,
        located_by={Locator.VISITOR_ID: "visitor_id"},
        expires=None,  # owed until PostHog has done it
        source="the service's own records",
        retained=Retained(
            article="Art. 17(1)(b), 19",
            reason="the pseudonym at PostHog, linked to nobody here; removed an hour after PostHog has deleted it",
            period=DELETION_KEPT,
        ),
    )

    distinct_id: str = Field(primary_key=True, max_length=ID_MAX)
    visitor_id: str | None = Field(default=None, index=True, max_length=ID_MAX)
    persons: list[Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reason: str | None = Field(default=None, max_length=WORD_MAX)

    __table_args__ = (Index("ix_posthog_deletion_attempts_due_at", "attempts", "due_at"),)


class UsageCountRow(Base, table=True):
    """How often a tool was used within a quarter of an hour; never fewer than ten times."""

    __tablename__ = "usage_count"
    __personal_data__: ClassVar[NoPersonalData] = NoPersonalData(
        reason="sums over at least 15 minutes and ten uses, without any identifier"
    )

    window_start: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    tool: str = Field(primary_key=True, max_length=WORD_MAX)
    outcome: str = Field(primary_key=True, max_length=WORD_MAX)
    count: int


TABLES = standard_tables(Base.metadata, mail=False, recipients=True)
