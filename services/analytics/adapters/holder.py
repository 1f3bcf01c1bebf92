"""PostHog as a holder of personal data: what it holds under a visitor's pseudonym, and the deletion of that.

A deletion there takes its time, so an erasure only hands the pseudonyms over to the same deletions that a
withdrawal uses, and the probe counts those that are not verified yet: the erasure is delivered until none is left.
"""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from chassis.database import Database, Session
from chassis.holder.external import Locators
from contracts.personal_data import ExternalStore, Locator
from services.analytics.adapters.identities import schedule, unverified
from services.analytics.inventory import POSTHOG
from services.analytics.ports import Clock, Persons
from services.analytics.tables import AnalyticsIdentityRow

PSEUDONYMS = "pseudonyms"


class PostHogHolder:
    """Found by the visitor's id in our own tables, erased by the pseudonym at PostHog."""

    def __init__(self, database: Database, persons: Persons, clock: Clock) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock

    @property
    def store(self) -> ExternalStore:
        return POSTHOG

    async def export(self, locators: Locators) -> list[dict[str, Any]]:
        pseudonyms = await self._database.read(_pseudonyms_of, locators)
        return [dict(person) for one in pseudonyms for person in await self._persons.find(one)]

    def prepare(self, session: Session, locators: Locators) -> dict[str, Any]:
        """The person's pseudonym, and all whose deletion is not verified: an earlier one may be theirs."""
        return {PSEUDONYMS: [*_pseudonyms_of(session, locators), *unverified(session)]}

    async def erase(self, erasure_id: str, prepared: dict[str, Any]) -> int:  # noqa: ARG002 — the port's shape
        return await self._database.write(schedule, prepared[PSEUDONYMS], self._clock.now())

    async def probe(self, erasure_id: str, prepared: dict[str, Any]) -> int:  # noqa: ARG002 — the port's shape
        return len(await self._database.read(unverified, prepared[PSEUDONYMS]))


def _pseudonyms_of(session: Session, locators: Locators) -> list[str]:
    visitor_ids = list(locators.get(Locator.VISITOR_ID, ()))
    query = select(col(AnalyticsIdentityRow.distinct_id)).where(col(AnalyticsIdentityRow.visitor_id).in_(visitor_ids))
    return list(session.scalars(query.order_by(col(AnalyticsIdentityRow.distinct_id))))
