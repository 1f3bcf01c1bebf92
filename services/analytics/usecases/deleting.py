"""Pseudonyms deleted at PostHog: asked for, polled until it is verified, looked at once more for late events."""

from datetime import datetime

from services.analytics.domain.deletions import Deletion
from services.analytics.ports import Clock, Deletions, Persons


class Deleting:
    """The list of pseudonyms to be deleted: a worker moves them on, one step at a time."""

    def __init__(self, deletions: Deletions, persons: Persons, clock: Clock) -> None:
        self._deletions = deletions
        self._persons = persons
        self._clock = clock

    async def take(self) -> Deletion | datetime | None:
        """The next deletion that is due, or when one will be."""
        return await self._deletions.take(self._clock.now())

    async def carry_out(self, deletion: Deletion) -> None:
        """Move it one step on, and note how far it has come.

        Raises:
            RecipientUnavailable, RecipientRefused: it stays where it is.
        """
        moved = await self._moved_on(deletion)
        if moved is None:
            await self._deletions.forget(deletion.distinct_id)
        else:
            await self._deletions.keep(moved, moved.due_at(self._clock.now()))

    async def put_off(self, deletion: Deletion, reason: str) -> None:
        """Try it later, and later still the more often it fails."""
        await self._deletions.keep(deletion, deletion.due_at(self._clock.now()), reason)

    async def _moved_on(self, deletion: Deletion) -> Deletion | None:
        """Where the deletion stands now; None once it is over."""
        found = tuple(str(person["uuid"]) for person in await self._persons.find(deletion.distinct_id))
        if found or deletion.asked_at is None:
            await self._persons.erase(deletion.distinct_id)
            return deletion.asked(found, self._clock.now())
        if deletion.verified_at is not None:
            return None
        for person in deletion.persons:
            if not await self._persons.erased(person):
                return deletion
        return deletion.verified(self._clock.now())
