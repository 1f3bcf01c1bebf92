"""Pseudonyms deleted at PostHog: asked for, polled until it is verified, looked at once more for late events."""

from services.analytics.domain.deletions import Deletion
from services.analytics.ports import Clock, Deletions, Persons, RecipientUnavailable


class Deleting:
    """Moves the deletions on, one at a time."""

    def __init__(self, deletions: Deletions, persons: Persons, clock: Clock) -> None:
        self._deletions = deletions
        self._persons = persons
        self._clock = clock

    async def do_next(self) -> bool:
        """Move the next deletion that is due one step on; False if there was none.

        Raises:
            RecipientUnavailable: it stays where it is, and is tried again later.
        """
        deletion = await self._deletions.take(self._clock.now())
        if deletion is None:
            return False
        try:
            moved = await self._moved_on(deletion)
        except RecipientUnavailable:
            await self._deletions.keep(deletion, deletion.due_at(self._clock.now()))
            raise
        if moved is None:
            await self._deletions.forget(deletion.distinct_id)
        else:
            await self._deletions.keep(moved, moved.due_at(self._clock.now()))
        return True

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
