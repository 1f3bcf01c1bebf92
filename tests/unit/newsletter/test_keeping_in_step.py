"""What is owed to Brevo."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.newsletter.domain.tasks import (
    RECONCILE_BACK,
    RETRY_MAX,
    RETRY_STUCK,
    STUCK_AFTER,
    Action,
    Task,
    retry_delay,
)
from services.newsletter.ports import ListedContact, RecipientRefused, RecipientUnavailable
from services.newsletter.usecases.keeping_in_step import KeepingInStep
from tests.support.clock import START, FakeClock
from tests.unit.newsletter.conftest import a_subscription
from tests.unit.newsletter.fakes import FakeContacts, FakeSubscriptions, FakeTasks


async def next_done(in_step: KeepingInStep) -> None:
    task = await in_step.take()
    assert isinstance(task, Task)
    await in_step.carry_out(task)


async def test_with_nothing_owed_brevo_is_not_called(in_step: KeepingInStep, contacts: FakeContacts) -> None:
    assert await in_step.take() is None
    assert contacts.added == []


async def test_a_subscription_is_added_and_the_task_done(
    in_step: KeepingInStep, tasks: FakeTasks, subscriptions: FakeSubscriptions, contacts: FakeContacts
) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    tasks.owe(Action.ADD, known.id, START)
    await next_done(in_step)
    assert contacts.added == [known.id]
    assert tasks.owed == []


async def test_a_subscription_that_ended_before_it_was_added_is_erased_instead(
    in_step: KeepingInStep, tasks: FakeTasks, contacts: FakeContacts
) -> None:
    tasks.owe(Action.ADD, "ended", START)
    await next_done(in_step)
    assert (contacts.added, contacts.erased) == ([], ["ended"])


async def test_what_brevo_does_not_do_stays_owed(
    in_step: KeepingInStep, tasks: FakeTasks, contacts: FakeContacts, clock: FakeClock
) -> None:
    contacts.down = True
    tasks.owe(Action.REMOVE, "one", START)
    with pytest.raises(RecipientUnavailable):
        await next_done(in_step)
    (task,) = tasks.owed
    await in_step.put_off(replace(task, attempts=3), "no-answer")
    assert tasks.postponed == [(clock.now() + retry_delay(3), "no-answer")]


async def test_a_stranger_that_brevo_does_not_let_go_of_keeps_nobody_else_on_the_list(
    in_step: KeepingInStep, tasks: FakeTasks, contacts: FakeContacts
) -> None:
    contacts.listed = [
        ListedContact(contact_id=number, email=f"stranger-{number}@b.example", in_list=True, elsewhere=False)
        for number in range(3)
    ]
    contacts.stuck = {0}
    tasks.owe(Action.RECONCILE, "", START)
    with pytest.raises(RecipientRefused):
        await next_done(in_step)
    assert contacts.expelled == [1, 2]
    assert len(tasks.owed) == 1


async def test_only_strangers_on_the_list_are_expelled(
    in_step: KeepingInStep, tasks: FakeTasks, subscriptions: FakeSubscriptions, contacts: FakeContacts
) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    contacts.listed = [
        ListedContact(contact_id=1, email=known.email.upper(), in_list=True, elsewhere=False),
        ListedContact(contact_id=2, email="stranger@b.example", in_list=True, elsewhere=False),
        ListedContact(contact_id=3, email="other@b.example", in_list=False, elsewhere=True),
    ]
    tasks.owe(Action.RECONCILE, "", START)
    await next_done(in_step)
    assert contacts.expelled == [2]


async def test_the_regular_comparison_looks_back_further_than_its_period(
    in_step: KeepingInStep, tasks: FakeTasks, clock: FakeClock
) -> None:
    await in_step.compare_regularly()
    assert tasks.since == [clock.now() - RECONCILE_BACK]


def test_waiting_grows_to_a_limit() -> None:
    assert retry_delay(1) < retry_delay(2) < retry_delay(5)
    assert retry_delay(STUCK_AFTER - 1) == RETRY_MAX
    assert retry_delay(100) == RETRY_STUCK
    assert timedelta(minutes=5) < RETRY_MAX
