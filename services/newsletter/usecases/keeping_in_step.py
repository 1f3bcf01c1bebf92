"""Brevo kept in step with our subscriptions: every task stands until it is done, and a stale import is undone."""

from collections.abc import Sequence
from datetime import datetime

from services.newsletter.domain.subscriptions import normalised
from services.newsletter.domain.tasks import RECONCILE_BACK, Action, Task, retry_delay
from services.newsletter.ports import Clock, ContactList, ListedContact, RecipientRefused, Subscriptions, Tasks


class KeepingInStep:
    """The list of what is owed to Brevo, as far as it is about some actions: a worker takes off one task at a time."""

    def __init__(
        self,
        actions: Sequence[Action],
        tasks: Tasks,
        subscriptions: Subscriptions,
        contacts: ContactList,
        clock: Clock,
    ) -> None:
        self._actions = actions
        self._tasks = tasks
        self._subscriptions = subscriptions
        self._contacts = contacts
        self._clock = clock

    async def take(self) -> Task | datetime | None:
        """The next task that is due, or when one will be."""
        return await self._tasks.take(self._actions, self._clock.now())

    async def carry_out(self, task: Task) -> None:
        """Do it at Brevo.

        Raises:
            RecipientUnavailable, RecipientRefused: it stays owed.
        """
        if task.action is Action.RECONCILE:
            await self._reconcile(task)
        else:
            await self._change(task)
        await self._tasks.finish(task)

    async def put_off(self, task: Task, reason: str) -> None:
        """Try it later, and later still the more often it fails."""
        await self._tasks.postpone(task, self._clock.now() + retry_delay(task.attempts), reason)

    async def compare_regularly(self) -> None:
        """Have the list compared, in case a call-back was lost."""
        await self._tasks.reconcile_since(self._clock.now() - RECONCILE_BACK)

    async def _change(self, task: Task) -> None:
        subscription = await self._subscriptions.by_id(task.subscription_id)
        if task.action is Action.ADD and subscription is not None:
            if not await self._subscriptions.is_restricted(subscription.email):  # else when that is lifted
                await self._contacts.add(subscription)
        else:
            await self._contacts.erase(task.subscription_id)

    async def _reconcile(self, task: Task) -> None:
        """Expel every stranger; one that Brevo does not let go of keeps neither the others nor the next comparison."""
        strangers: list[ListedContact] = []
        async for contacts in self._contacts.changed_since(task.since):
            strangers += await self._strangers(contacts)  # expelled below: the pages would shift under our reading
        refusal: RecipientRefused | None = None
        for stranger in strangers:
            try:
                await self._contacts.expel(stranger)
            except RecipientRefused as refused:
                refusal = refused
        if refusal is not None:
            raise refusal

    async def _strangers(self, contacts: Sequence[ListedContact]) -> list[ListedContact]:
        """Who stands on the list without having opted in with us."""
        listed = [contact for contact in contacts if contact.in_list]
        ours = await self._subscriptions.subscribed_among([normalised(contact.email) for contact in listed])
        return [contact for contact in listed if normalised(contact.email) not in ours]
