"""The tables of this service: no token, only counters under a pseudonym of the day."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.quota import quota_counter
from chassis.tables import standard_tables


class Base(SQLModel, registry=registry()):
    """The parent of this service's tables."""


QUOTA_COUNTER = quota_counter(Base.metadata)
TABLES = standard_tables(Base.metadata, mail=False)
