"""Brevo kept in step with our subscriptions: every task stands until it is done, and a stale import is undone."""

from collections.abc import Sequence

from services.newsletter.domain.subscriptions import normalised
from services.newsletter.domain.tasks import RECONCILE_BACK, Action, Task, retry_delay
from services.newsletter.ports import Clock, ContactList, ListedContact, RecipientUnavailable, Subscriptions, Tasks


class KeepingInStep:
    """Carries out what is owed to Brevo, one task at a time."""

    def __init__(self, tasks: Tasks, subscriptions: Subscriptions, contacts: ContactList, clock: Clock) -> None:
        self._tasks = tasks
        self._subscriptions = subscriptions
        self._contacts = contacts
        self._clock = clock

    async def do_next(self) -> bool:
        """Carry out the next task that is due; False if there was none."""
        task = await self._tasks.take(self._clock.now())
        if task is None:
            return False
        try:
            await self._carry_out(task)
        except RecipientUnavailable:
            await self._tasks.postpone(task, self._clock.now() + retry_delay(task.attempts))
            raise
        await self._tasks.finish(task)
        return True

    async def compare_regularly(self) -> None:
        """Have the list compared, in case a call-back was lost."""
        await self._tasks.reconcile_since(self._clock.now() - RECONCILE_BACK)

    async def _carry_out(self, task: Task) -> None:
        if task.action is Action.RECONCILE:
            await self._reconcile(task)
            return
        subscription = await self._subscriptions.by_id(task.subscription_id)
        if task.action is Action.ADD and subscription is not None:
            await self._contacts.add(subscription)
        else:
            await self._contacts.erase(task.subscription_id)

    async def _reconcile(self, task: Task) -> None:
        async for contacts in self._contacts.changed_since(task.since):
            for contact in await self._strangers(contacts):
                await self._contacts.expel(contact)

    async def _strangers(self, contacts: Sequence[ListedContact]) -> list[ListedContact]:
        """Who stands on the list without having opted in with us."""
        listed = [contact for contact in contacts if contact.in_list]
        ours = await self._subscriptions.subscribed_among([normalised(contact.email) for contact in listed])
        return [contact for contact in listed if normalised(contact.email) not in ours]
