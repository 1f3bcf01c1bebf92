"""PostHog as a holder of personal data: what it holds under a visitor's pseudonyms, and the deletion of that.

A deletion there takes its time, so a command only hands this visitor's pseudonyms over to the same deletions that a
withdrawal uses, and the probe counts those that are not verified yet, or whose person is there again.
"""

from typing import Any

from chassis.database import Database, Session, now_in
from chassis.holder import OwedCommand, Prepared
from chassis.holder.external import Locators
from contracts.fulfilment import Command
from contracts.personal_data import ExternalStore, Locator
from services.analytics.adapters.identities import pseudonyms_of, schedule, unverified
from services.analytics.inventory import POSTHOG
from services.analytics.ports import Clock, Persons

PSEUDONYMS = "pseudonyms"


class PostHogHolder:
    """Found by the visitor's id in our own tables, erased by the pseudonyms at PostHog; an objection erases as well."""

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

    def prepare(self, session: Session, command: Command) -> Prepared:
        """The visitor's pseudonym, and each earlier one whose deletion is not verified; their deletion begins here."""
        pseudonyms = _pseudonyms_of(session, command.locators)
        schedule(session, dict.fromkeys(pseudonyms), now_in(session))
        looked_for = {"pseudonym": len(pseudonyms)}
        return Prepared(looked_for=looked_for, work={PSEUDONYMS: pseudonyms}, changed=len(pseudonyms))

    async def carry_out(self, command: OwedCommand) -> int:
        """Begin again for whoever is there although the deletion was verified."""
        pseudonyms: list[str] = command.work[PSEUDONYMS]
        if await self._database.read(unverified, pseudonyms):
            return 0
        there = [one for one in pseudonyms if await self._persons.find(one)]
        if there:
            await self._database.write(schedule, dict.fromkeys(there), self._clock.now())
        return len(there)

    async def probe(self, command: OwedCommand) -> int:
        pseudonyms: list[str] = command.work[PSEUDONYMS]
        open_deletions = len(await self._database.read(unverified, pseudonyms))
        return open_deletions or sum([bool(await self._persons.find(one)) for one in pseudonyms])


def _pseudonyms_of(session: Session, locators: Locators) -> list[str]:
    return pseudonyms_of(session, locators.get(Locator.VISITOR_ID, ()))
