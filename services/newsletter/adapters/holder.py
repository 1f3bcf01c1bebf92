"""Brevo as a holder of personal data: what it holds about a reader, its erasure, and whether that worked."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from chassis.database import Database, Session
from chassis.holder.external import Locators
from contracts.personal_data import ExternalStore, Locator
from services.newsletter.adapters.tasks import removals_owed
from services.newsletter.domain.subscriptions import normalised
from services.newsletter.domain.tasks import Action
from services.newsletter.inventory import BREVO
from services.newsletter.ports import ContactList
from services.newsletter.tables import BrevoTaskRow, SubscriptionRow

CONTACTS = "contacts"


class BrevoHolder:
    """Found by address in our own tables, erased by our opaque id at Brevo."""

    def __init__(self, database: Database, contacts: ContactList) -> None:
        self._database = database
        self._contacts = contacts

    @property
    def store(self) -> ExternalStore:
        return BREVO

    async def export(self, locators: Locators) -> list[dict[str, Any]]:
        ids = await self._database.read(_subscriptions_of, locators)
        records = [await self._contacts.show(one) for one in ids]
        return [record for record in records if record is not None]

    def prepare(self, session: Session, locators: Locators) -> dict[str, Any]:
        """Ids of the person's contact, and of all contacts whose removal is owed: an earlier one may be theirs."""
        return {CONTACTS: [*_subscriptions_of(session, locators), *removals_owed(session)]}

    async def erase(self, erasure_id: str, prepared: dict[str, Any]) -> int:  # noqa: ARG002 — the port's shape
        return sum([await self._contacts.erase(one) for one in prepared[CONTACTS]])

    async def probe(self, erasure_id: str, prepared: dict[str, Any]) -> int:  # noqa: ARG002 — the port's shape
        """Contacts that Brevo still shows, and additions that may be on their way there."""
        shown = [await self._contacts.show(one) for one in prepared[CONTACTS]]
        underway = await self._database.read(_underway, prepared[CONTACTS])
        return len([record for record in shown if record is not None]) + underway


def _underway(session: Session, ids: list[str]) -> int:
    added = col(BrevoTaskRow.action) == Action.ADD.value
    query = select(func.count()).where(added, col(BrevoTaskRow.subscription_id).in_(ids))
    return session.scalar(query) or 0


def _subscriptions_of(session: Session, locators: Locators) -> list[str]:
    addresses = [normalised(address) for address in locators.get(Locator.EMAIL, ())]
    query = select(col(SubscriptionRow.id)).where(col(SubscriptionRow.email_index).in_(addresses))
    return list(session.scalars(query.order_by(col(SubscriptionRow.id))))
