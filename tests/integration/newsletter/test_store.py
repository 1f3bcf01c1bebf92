"""One behaviour suite for `Subscriptions` and `Tasks`: the fakes of the unit tests, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.schema import DropTable

from contracts.identifiers import new_id
from services.newsletter.adapters.subscriptions import SqlSubscriptions
from services.newsletter.adapters.tasks import SqlTasks
from services.newsletter.app import MIGRATIONS
from services.newsletter.domain.callbacks import Callback
from services.newsletter.domain.secrets import Pseudonyms
from services.newsletter.domain.subscriptions import LETTERS_MAX, LETTERS_WINDOW, Ending, Subscription
from services.newsletter.domain.tasks import CHANGES, COMPARISONS, LEASE, STUCK_AFTER, Action, Task
from services.newsletter.tables import Base
from tests.integration.newsletter.stores import EMAIL, LETTER, Store, Tables, in_memory
from tests.support.clock import START, FakeClock
from tests.support.postgres import PostgresServer, postgres
from tests.support.sealing import sealed_database

__all__ = ["postgres"]

TASK = Base.metadata.tables["brevo_task"]
ON_TABLES = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "fake":
        yield in_memory()
        return
    url = f"sqlite:///{tmp_path}/newsletter.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = await server.fresh_database()
    clock = FakeClock()
    async with sealed_database("newsletter", Base.metadata, url, clock, MIGRATIONS) as database:
        yield Tables(clock, SqlSubscriptions(database, Pseudonyms(bytes(32))), SqlTasks(database), database)


def an_event(ending: Ending | None, at: datetime | None = None, mark: str = "") -> Callback:
    return Callback(identity=f"{ending}{mark}", addresses=(EMAIL,), ending=ending, at=at)


async def test_one_transaction_holds_subscription_task_and_letter(store: Store) -> None:
    subscription = await store.begin()
    assert await store.subscriptions.of_address(EMAIL) == subscription
    assert await store.count("mail_queue") == 2
    assert await store.count("opt_in") == 0
    assert await store.owed() == ["add"]


async def test_of_two_uses_of_a_link_at_once_one_wins(store: Store) -> None:
    token_hash = await store.ask()
    subscription = Subscription(
        id=new_id(),
        email=EMAIL,
        language="sv",
        notice_version="v",
        created_at=START,
        confirmed_at=START,
        unsubscribe_hash="h",
    )
    both = [store.subscriptions.confirm(subscription, token_hash, LETTER) for _ in range(2)]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert await store.owed() == ["add"]


async def test_a_second_link_of_a_subscribed_address_changes_nothing(store: Store) -> None:
    subscription = await store.begin()
    again = await store.ask()
    assert await store.subscriptions.confirm(subscription, again, LETTER)
    assert await store.owed() == ["add"]
    assert await store.subscriptions.of_address(EMAIL) == subscription


async def test_leaving_keeps_a_hash_and_no_address(store: Store) -> None:
    subscription = await store.begin()
    await store.ask()
    assert await store.subscriptions.end_by_link(subscription.unsubscribe_hash, store.clock.now())
    assert await store.subscriptions.end_by_link(subscription.unsubscribe_hash, store.clock.now())
    assert not await store.subscriptions.end_by_link("other", store.clock.now())
    assert [await store.count(table) for table in ("subscription", "opt_in", "suppression")] == [0, 0, 1]


async def test_a_new_opt_in_lifts_the_suppression_and_an_older_link_does_not_come_back(store: Store) -> None:
    subscription = await store.begin()
    old = await store.ask()
    await store.subscriptions.end_by_link(subscription.unsubscribe_hash, store.clock.now())
    assert not await store.subscriptions.confirm(subscription, old, LETTER)
    await store.begin()
    assert await store.count("suppression") == 0


async def test_the_second_withdrawal_counts_like_the_first(store: Store) -> None:
    for _ in range(2):
        subscription = await store.begin()
        await store.subscriptions.end_address(EMAIL, Ending.UNSUBSCRIBED, store.clock.now())
        assert await store.subscriptions.end_by_link(subscription.unsubscribe_hash, store.clock.now())
    assert await store.count("suppression") == 1


async def test_a_no_ends_what_began_before_it_and_suppresses_the_address(store: Store) -> None:
    await store.begin()
    await store.ask()
    await store.subscriptions.end_refused(EMAIL, store.clock.now(), store.clock.now())
    assert [await store.count(table) for table in ("subscription", "opt_in", "suppression")] == [0, 0, 1]


async def test_a_no_from_before_leaves_what_began_since(store: Store) -> None:
    before = store.clock.now() - timedelta(seconds=1)
    await store.begin()
    await store.ask()
    await store.subscriptions.end_refused(EMAIL, before, store.clock.now())
    assert [await store.count(table) for table in ("subscription", "opt_in", "suppression")] == [1, 1, 0]


async def test_a_no_of_somebody_who_never_subscribed_leaves_no_trace(store: Store) -> None:
    await store.subscriptions.end_refused(EMAIL, store.clock.now(), store.clock.now())
    assert await store.count("suppression") == 0


async def test_a_yes_that_is_told_again_sends_no_second_letter(store: Store) -> None:
    for _ in range(2):
        await store.ask(consent_record="yes")
    assert [await store.count(table) for table in ("opt_in", "mail_queue")] == [1, 1]
    await store.ask(consent_record="another yes")
    assert await store.count("mail_queue") == 2


async def test_what_a_consent_asked_for_is_taken_back_and_nothing_else(store: Store) -> None:
    await store.ask(consent_record="yes")
    kept = await store.ask()
    await store.subscriptions.take_back("yes")
    assert await store.count("opt_in") == 1
    assert await store.subscriptions.opt_in_of(kept) is not None


@pytest.mark.parametrize(
    ("ending", "told"),
    [(Ending.UNSUBSCRIBED, 1), (Ending.SPAM, 1), (Ending.BOUNCED, 0), (Ending.REMOVED, 0), (Ending.LAPSED, 0)],
)
async def test_consent_is_told_when_its_reader_leaves_and_of_nothing_else(
    store: Store, ending: Ending, told: int
) -> None:
    await store.begin(consent_record=new_id())
    await store.subscriptions.end_address(EMAIL, ending, store.clock.now())
    assert await store.count("outbox") == told


async def test_a_subscription_made_without_an_account_is_nobodys_consent_until_a_yes_with_one(store: Store) -> None:
    before = await store.begin()
    await store.subscriptions.end_by_link(before.unsubscribe_hash, store.clock.now())
    assert await store.count("outbox") == 0
    again = await store.begin()
    await store.ask(consent_record="yes")
    found = await store.subscriptions.of_address(EMAIL)
    assert found is not None
    assert (found.id, found.consent_record) == (again.id, "yes")


async def test_an_event_counts_once(store: Store) -> None:
    await store.subscriptions.apply([an_event(Ending.SPAM)], [], store.clock.now())
    await store.begin()
    await store.subscriptions.apply([an_event(Ending.SPAM)], [], store.clock.now())
    assert await store.subscriptions.of_address(EMAIL) is not None
    await store.subscriptions.apply([an_event(Ending.SPAM, mark="2")], [], store.clock.now())
    assert await store.subscriptions.of_address(EMAIL) is None


async def test_an_event_of_before_the_opt_in_is_passed_over(store: Store) -> None:
    store.clock.advance(timedelta(days=1))
    await store.begin()
    await store.subscriptions.apply([an_event(Ending.UNSUBSCRIBED, START)], [], store.clock.now())
    assert await store.subscriptions.of_address(EMAIL) is not None


async def test_a_contact_removed_at_brevo_ends_it_without_suppressing(store: Store) -> None:
    await store.begin()
    await store.subscriptions.apply([an_event(Ending.REMOVED)], [], store.clock.now())
    assert [await store.count(table) for table in ("subscription", "suppression")] == [0, 0]


async def test_many_additions_of_strangers_owe_one_comparison(store: Store) -> None:
    additions = [an_event(None, store.clock.now(), mark=str(number)) for number in range(20)]
    await store.subscriptions.apply(additions, [], store.clock.now())
    assert await store.owed() == ["reconcile"]


async def test_an_addition_of_a_reader_owes_nothing(store: Store) -> None:
    await store.begin()
    await store.owed()
    await store.subscriptions.apply([an_event(None)], [], store.clock.now())
    assert await store.owed() == []


async def test_a_task_is_leased_to_one_and_comes_back_after_a_crash(store: Store) -> None:
    await store.begin()
    taken = await asyncio.gather(*(store.take() for _ in range(3)))
    assert len([task for task in taken if isinstance(task, Task)]) == 1
    store.clock.advance(LEASE)
    again = await store.take()
    assert isinstance(again, Task)
    assert again.attempts == 2


async def test_a_new_task_never_waits_behind_one_that_fails(store: Store) -> None:
    failing = await store.begin("failing@skola.example")
    task, soon = await store.take(), store.clock.now() + timedelta(seconds=1)
    assert isinstance(task, Task)
    await store.tasks.postpone(task, soon, "status-400")
    assert await store.take() == soon
    store.clock.advance(timedelta(seconds=1))
    healthy = await store.begin()
    taken = [await store.take() for _ in range(2)]
    assert [one.subscription_id for one in taken if isinstance(one, Task)] == [healthy.id, failing.id]


@ON_TABLES
async def test_nor_behind_three_hundred(store: Tables) -> None:
    values = {"action": Action.ADD.value, "since": START, "due_at": START, "attempts": 1}
    await store.run(insert(TASK).values([{**values, "subscription_id": f"stuck-{number}"} for number in range(300)]))
    healthy = await store.begin()
    first, second = await store.take(), await store.take()
    assert isinstance(first, Task)
    assert isinstance(second, Task)
    assert (first.subscription_id, second.subscription_id[:6]) == (healthy.id, "stuck-")


@ON_TABLES
async def test_a_task_that_fails_for_hours_is_shown_as_stuck_and_still_owed(
    store: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    await store.begin()
    task = await store.take()
    assert isinstance(task, Task)
    await store.tasks.postpone(replace(task, attempts=STUCK_AFTER - 1), store.clock.now(), "status-400")
    assert "task stuck" not in caplog.messages
    await store.tasks.postpone(replace(task, attempts=STUCK_AFTER), store.clock.now(), "status-400")
    assert "task stuck" in caplog.messages
    (row,) = await store.database.read(lambda session: session.execute(select(TASK.c.stuck, TASK.c.reason)).all())
    assert tuple(row) == (True, "status-400")
    assert await store.owed() == ["add"]


async def test_tasks_of_different_kinds_do_not_wait_for_each_other(store: Store) -> None:
    await store.tasks.reconcile_since(START)
    await store.begin()
    comparison = await store.tasks.take(COMPARISONS, store.clock.now())
    change = await store.tasks.take(CHANGES, store.clock.now())
    assert isinstance(comparison, Task)
    assert isinstance(change, Task)
    assert [comparison.action, change.action] == [Action.RECONCILE, Action.ADD]


@ON_TABLES
async def test_a_call_back_that_the_database_refuses_costs_only_itself(
    store: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    await store.begin()
    await store.run(DropTable(Base.metadata.tables["suppression"]))  # only the first one needs it
    both = [an_event(Ending.SPAM), an_event(Ending.REMOVED)]
    await store.subscriptions.apply(both, [], store.clock.now())
    assert await store.subscriptions.of_address(EMAIL) is None
    assert await store.count("callback_aside") == 1
    assert "callback put aside" in caplog.messages


@ON_TABLES
async def test_an_addition_whose_reader_was_erased_meanwhile_turns_into_a_removal(store: Tables) -> None:
    subscription = await store.begin()
    task = await store.take()
    assert isinstance(task, Task)
    await store.run(Base.metadata.tables["subscription"].delete())
    await store.tasks.finish(task)
    follow_up = await store.take()
    assert isinstance(follow_up, Task)
    assert (follow_up.action, follow_up.subscription_id) == (Action.REMOVE, subscription.id)


async def test_sixteen_readers_at_once(store: Store) -> None:
    await asyncio.gather(*(store.begin(f"reader-{number}@b.example") for number in range(16)))
    assert await store.count("subscription") == 16
    assert await store.owed() == ["add"] * 16


async def test_at_most_five_letters_an_hour_go_to_an_address(store: Store) -> None:
    for _ in range(LETTERS_MAX + 2):
        await store.ask()
    await store.ask("other@skola.example")
    assert [await store.count(table) for table in ("opt_in", "mail_queue")] == [LETTERS_MAX + 1] * 2
    store.clock.advance(LETTERS_WINDOW)
    await store.ask()
    assert await store.count("mail_queue") == LETTERS_MAX + 2


async def test_subscriptions_are_read_by_address_and_by_age(store: Store) -> None:
    assert await store.subscriptions.first_confirmed() is None
    first = await store.begin("b@skola.example")
    store.clock.advance(timedelta(days=1))
    second = await store.begin("a@skola.example")
    assert await store.subscriptions.first_confirmed() == START
    assert await store.subscriptions.by_id(second.id) == second
    assert await store.subscriptions.lapsed(store.clock.now(), 5) == [first.email]
    assert await store.subscriptions.lapsed(START + timedelta(days=2), 1) == [first.email]
    assert await store.subscriptions.subscribed_among([second.email, "stranger@b.example"]) == {second.email}


async def test_an_addition_whose_reader_left_meanwhile_is_not_done_until_it_is_removed(store: Store) -> None:
    subscription = await store.begin()
    task = await store.take()
    assert isinstance(task, Task)
    await store.subscriptions.end_by_link(subscription.unsubscribe_hash, store.clock.now())
    await store.tasks.finish(task)
    assert set(await store.owed()) == {"remove"}
