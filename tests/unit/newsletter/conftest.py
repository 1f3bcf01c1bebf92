"""The use cases on fakes."""

from datetime import timedelta

import pytest

from services.newsletter.domain.letters import LetterTemplates, Occasion
from services.newsletter.domain.secrets import Pseudonyms, hash_of
from services.newsletter.domain.subscriptions import Subscription
from services.newsletter.domain.tasks import Action
from services.newsletter.ports import Choice
from services.newsletter.usecases.ending import Leaving
from services.newsletter.usecases.following import Following
from services.newsletter.usecases.keeping_in_step import KeepingInStep
from services.newsletter.usecases.subscribing import Subscribing
from tests.support.clock import START, FakeClock
from tests.unit.newsletter.fakes import FakeAccounts, FakeChoices, FakeContacts, FakeSubscriptions, FakeTasks

WORDS = {occasion: {"sv": (occasion.value, occasion.value)} for occasion in Occasion}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def subscriptions(tasks: FakeTasks) -> FakeSubscriptions:
    return FakeSubscriptions(tasks)


@pytest.fixture
def tasks() -> FakeTasks:
    return FakeTasks()


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts()


@pytest.fixture
def subscribing(subscriptions: FakeSubscriptions, clock: FakeClock) -> Subscribing:
    templates = LetterTemplates(WORDS, "https://larabot.example.org")
    return Subscribing(subscriptions, templates, Pseudonyms(bytes(32)), clock, notice_version="2024-05-22")


@pytest.fixture
def leaving(subscriptions: FakeSubscriptions, clock: FakeClock) -> Leaving:
    return Leaving(subscriptions, clock)


@pytest.fixture
def accounts() -> FakeAccounts:
    return FakeAccounts({"account": ["One@b.example", "two@b.example"]})


@pytest.fixture
def following(
    subscribing: Subscribing, subscriptions: FakeSubscriptions, accounts: FakeAccounts, clock: FakeClock
) -> Following:
    choices = {
        "yes": Choice(account_id="account", agreed=True, at=clock.now(), language="sv"),
        "no": Choice(account_id="account", agreed=False, at=clock.now(), language="sv"),
        "of nobody known": Choice(account_id="unknown", agreed=False, at=clock.now(), language="sv"),
    }
    return Following(FakeChoices(choices), accounts, subscribing, subscriptions, clock)


@pytest.fixture
def in_step(
    tasks: FakeTasks, subscriptions: FakeSubscriptions, contacts: FakeContacts, clock: FakeClock
) -> KeepingInStep:
    return KeepingInStep(tuple(Action), tasks, subscriptions, contacts, clock)


def a_subscription(number: int = 1) -> Subscription:
    return Subscription(
        id=f"subscription-{number}",
        email=f"reader-{number}@b.example",
        language="sv",
        notice_version="2024-05-22",
        created_at=START - timedelta(hours=1),
        confirmed_at=START,
        unsubscribe_hash=hash_of(f"leave-{number}"),
    )
