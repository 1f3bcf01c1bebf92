"""What is owed to Brevo."""

from datetime import timedelta

import pytest

from chassis.settings import SettingsRefused
from services.newsletter.domain.tasks import RECONCILE_BACK, RETRY_MAX, Action, retry_delay
from services.newsletter.ports import ListedContact, RecipientUnavailable
from services.newsletter.settings import is_brevo, refuse_foreign_recipient
from services.newsletter.usecases.keeping_in_step import KeepingInStep
from tests.support.clock import START, FakeClock
from tests.unit.newsletter.conftest import a_subscription
from tests.unit.newsletter.fakes import FakeContacts, FakeSubscriptions, FakeTasks


async def test_with_nothing_owed_brevo_is_not_called(in_step: KeepingInStep, contacts: FakeContacts) -> None:
    assert not await in_step.do_next()
    assert contacts.added == []


async def test_a_subscription_is_added_and_the_task_done(
    in_step: KeepingInStep, tasks: FakeTasks, subscriptions: FakeSubscriptions, contacts: FakeContacts
) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    tasks.owe(Action.ADD, known.id, START)
    assert await in_step.do_next()
    assert contacts.added == [known.id]
    assert tasks.owed == []


async def test_a_subscription_that_ended_before_it_was_added_is_erased_instead(
    in_step: KeepingInStep, tasks: FakeTasks, contacts: FakeContacts
) -> None:
    tasks.owe(Action.ADD, "ended", START)
    await in_step.do_next()
    assert (contacts.added, contacts.erased) == ([], ["ended"])


async def test_what_brevo_does_not_do_stays_owed(
    in_step: KeepingInStep, tasks: FakeTasks, contacts: FakeContacts, clock: FakeClock
) -> None:
    contacts.down = True
    tasks.owe(Action.REMOVE, "one", START)
    with pytest.raises(RecipientUnavailable):
        await in_step.do_next()
    assert len(tasks.owed) == 1
    assert tasks.postponed == [clock.now() + retry_delay(1)]


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
    await in_step.do_next()
    assert contacts.expelled == [2]


async def test_the_regular_comparison_looks_back_further_than_its_period(
    in_step: KeepingInStep, tasks: FakeTasks, clock: FakeClock
) -> None:
    await in_step.compare_regularly()
    assert tasks.since == [clock.now() - RECONCILE_BACK]


def test_waiting_grows_to_a_limit() -> None:
    assert retry_delay(1) < retry_delay(2) < retry_delay(5)
    assert retry_delay(100) == RETRY_MAX
    assert timedelta(minutes=5) < RETRY_MAX


@pytest.mark.parametrize(
    ("address", "emulated"),
    [("https://api.brevo.com/v3", False), ("http://127.0.0.1:81/v3", True), ("https://api.brevo.com/v3", True)],
)
def test_contacts_go_to_brevo(address: str, emulated: bool) -> None:
    assert is_brevo(address, emulated=emulated)


@pytest.mark.parametrize(
    ("address", "emulated"),
    [
        ("http://api.brevo.com/v3", False),
        ("https://api.brevo.com.example.org/v3", False),
        ("https://api.brevo.com@example.org/v3", True),
        ("http://127.0.0.1:81/v3", False),
        ("https://example.org/v3", True),
    ],
)
def test_contacts_go_nowhere_else(address: str, emulated: bool) -> None:
    with pytest.raises(SettingsRefused):
        refuse_foreign_recipient(address, emulated=emulated)
