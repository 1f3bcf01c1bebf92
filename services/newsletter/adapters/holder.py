"""Brevo as a holder of personal data: what it holds about a reader, what commands do there, and whether that worked."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from chassis.database import Database, Session
from chassis.holder import OwedCommand, Prepared
from chassis.holder.external import Locators
from contracts.fulfilment import Command, CommandKind
from contracts.identifiers import new_id
from contracts.personal_data import ExternalStore, Locator, Rectifiable
from services.newsletter.domain.subscriptions import normalised
from services.newsletter.domain.tasks import Action
from services.newsletter.inventory import BREVO
from services.newsletter.ports import ContactList, Subscriptions
from services.newsletter.tables import BrevoTaskRow, SubscriptionRow

CONTACTS, NEW_VALUES = "contacts", "new_values"


class BrevoHolder:
    """A contact is looked for by our opaque id and by the address, in whatever list it stands and whoever put it there.

    `work` maps each of the person's addresses to the id of its subscription, or to a new id: whatever contact has the
    address is given that id, and so can be told about without naming the address in a URL.
    """

    def __init__(self, database: Database, contacts: ContactList, subscriptions: Subscriptions) -> None:
        self._database = database
        self._contacts = contacts
        self._subscriptions = subscriptions

    @property
    def store(self) -> ExternalStore:
        return BREVO

    async def export(self, locators: Locators) -> list[dict[str, Any]]:
        ids = await self._database.read(_subscriptions_of, locators)
        records = [await self._contacts.show(one) for one in ids.values()]
        return [record for record in records if record is not None]

    def prepare(self, session: Session, command: Command) -> Prepared:
        known = _subscriptions_of(session, command.locators)
        contacts = {address: known.get(address) or new_id() for address in _addresses(command.locators)}
        work = {CONTACTS: contacts, NEW_VALUES: {what.value: value for what, value in command.payload.items()}}
        return Prepared(looked_for={"contact": len(known)}, work=work)

    async def carry_out(self, command: OwedCommand) -> int:
        done = [await self._carry_out(command, address, one) for address, one in command.work[CONTACTS].items()]
        return sum(done)

    async def probe(self, command: OwedCommand) -> int:
        contacts: dict[str, str] = command.work[CONTACTS]
        if command.kind in {CommandKind.ERASE, CommandKind.OBJECT}:
            left = sum([await self._is_there(address, one) for address, one in contacts.items()])
            return left + await self._database.read(_underway, list(contacts.values()))
        return sum([not await self._is_as_demanded(command, one) for one in contacts.values()])

    async def _carry_out(self, command: OwedCommand, address: str, contact: str) -> int:
        match command.kind:
            case CommandKind.ERASE | CommandKind.OBJECT:
                erased = int(await self._contacts.erase(contact))
                if await self._contacts.adopt(address, contact):  # another record of the same person
                    erased += await self._contacts.erase(contact)
                return erased
            case CommandKind.RESTRICT:
                await self._contacts.adopt(address, contact)
                return await self._contacts.unlist(contact)
            case CommandKind.LIFT:
                subscription = await self._subscriptions.by_id(contact)
                if subscription is not None:
                    await self._contacts.add(subscription)
                return subscription is not None
            case CommandKind.RECTIFY:
                await self._contacts.adopt(address, contact)
                return await self._contacts.rectify(contact, _new_values(command))

    async def _is_there(self, address: str, contact: str) -> bool:
        return await self._contacts.show(contact) is not None or await self._contacts.adopt(address, contact)

    async def _is_as_demanded(self, command: OwedCommand, contact: str) -> bool:
        """Whether Brevo shows a contact as a restriction, its end or a rectification demands; none is as good."""
        if command.kind is CommandKind.LIFT:
            return await self._subscriptions.by_id(contact) is None or await self._contacts.is_listed(contact)
        shown = await self._contacts.show(contact)
        if shown is None:
            return True
        if command.kind is CommandKind.RESTRICT:
            return not shown["list_ids"]
        return self._contacts.has(shown, _new_values(command))


def _new_values(command: OwedCommand) -> Mapping[Rectifiable, str]:
    return {Rectifiable(what): value for what, value in command.work[NEW_VALUES].items()}


def _underway(session: Session, ids: list[str]) -> int:
    """Additions that may be on their way to Brevo."""
    added = col(BrevoTaskRow.action) == Action.ADD.value
    query = select(func.count()).where(added, col(BrevoTaskRow.subscription_id).in_(ids))
    return session.scalar(query) or 0


def _addresses(locators: Locators) -> list[str]:
    return list(dict.fromkeys(normalised(address) for address in locators.get(Locator.EMAIL, ())))


def _subscriptions_of(session: Session, locators: Locators) -> dict[str, str]:
    """The ids of subscriptions by address; no sealed column is read, for a key may be gone before its row is."""
    found: dict[str, str] = {}
    for address in _addresses(locators):
        query = select(col(SubscriptionRow.id)).where(col(SubscriptionRow.email_index) == address)
        one = session.scalar(query)
        if one is not None:
            found[address] = one
    return found
