"""Asking for the newsletter, confirming it, leaving it."""

from datetime import timedelta

import pytest

from contracts.errors import ErrorKind, Refusal
from services.newsletter.domain.secrets import Pseudonyms, hash_of
from services.newsletter.domain.subscriptions import LAPSES_AFTER, OPT_IN_TTL, SUBSCRIPTION_KEPT, Ending
from services.newsletter.usecases.ending import Leaving
from services.newsletter.usecases.following import Following
from services.newsletter.usecases.subscribing import Subscribing
from tests.support.clock import FakeClock
from tests.unit.newsletter.conftest import a_subscription
from tests.unit.newsletter.fakes import FakeAccounts, FakeSubscriptions


def token_in(subscriptions: FakeSubscriptions, number: int = -1) -> str:
    return subscriptions.letters[number].text.split("#token=")[1].split("\n")[0]


async def test_asking_stores_a_hash_and_mails_the_token(
    subscribing: Subscribing, subscriptions: FakeSubscriptions
) -> None:
    await subscribing.ask(" Elev@Skola.Example ", "sv")
    (opt_in,) = subscriptions.opt_ins.values()
    assert opt_in.email == "elev@skola.example"
    assert opt_in.token_hash == hash_of(token_in(subscriptions))
    assert subscriptions.subscriptions == {}


async def test_confirming_keeps_the_proof_of_consent(
    subscribing: Subscribing, subscriptions: FakeSubscriptions, clock: FakeClock
) -> None:
    asked_at = clock.now()
    await subscribing.ask("elev@skola.example", "sv")
    clock.advance(timedelta(hours=3))
    await subscribing.confirm(token_in(subscriptions))
    (subscription,) = subscriptions.subscriptions.values()
    assert (subscription.created_at, subscription.confirmed_at) == (asked_at, clock.now())
    assert subscription.notice_version == "2024-05-22"
    assert subscription.unsubscribe_hash == hash_of(token_in(subscriptions))


async def test_a_link_of_a_week_ago_is_gone(
    subscribing: Subscribing, subscriptions: FakeSubscriptions, clock: FakeClock
) -> None:
    await subscribing.ask("elev@skola.example", "sv")
    clock.advance(OPT_IN_TTL)
    with pytest.raises(Refusal) as refusal:
        await subscribing.confirm(token_in(subscriptions))
    assert refusal.value.kind is ErrorKind.GONE


async def test_a_subscribed_address_gets_no_new_link_to_confirm(
    subscribing: Subscribing, subscriptions: FakeSubscriptions
) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    await subscribing.ask(known.email, "sv")
    assert "/newsletter/confirm" not in subscriptions.letters[0].text
    assert hash_of(token_in(subscriptions)) not in subscriptions.opt_ins
    assert token_in(subscriptions) == Pseudonyms(bytes(32)).unsubscribe_token(known.id)


async def test_leaving_by_link_may_be_repeated(leaving: Leaving, subscriptions: FakeSubscriptions) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    await leaving.by_link("leave-1")
    await leaving.by_link("leave-1")
    assert subscriptions.subscriptions == {}
    with pytest.raises(Refusal):
        await leaving.by_link("leave-2")


async def test_a_no_given_with_an_account_ends_it_at_every_address(
    following: Following, subscriptions: FakeSubscriptions, clock: FakeClock
) -> None:
    for record_id in ("no", "of nobody known", "erased meanwhile"):
        await following.choice(record_id)
    assert subscriptions.refused == [("one@b.example", clock.now()), ("two@b.example", clock.now())]


async def test_a_yes_given_with_an_account_begins_with_a_letter_to_every_address(
    following: Following, subscriptions: FakeSubscriptions
) -> None:
    await following.choice("yes")
    assert [letter.to for letter in subscriptions.letters] == ["one@b.example", "two@b.example"]
    assert all("/newsletter/confirm" in letter.text for letter in subscriptions.letters)
    assert {opt_in.consent_record for opt_in in subscriptions.opt_ins.values()} == {"yes"}
    assert subscriptions.subscriptions == {}


async def test_a_yes_of_somebody_who_is_being_erased_meanwhile_leaves_nothing(
    following: Following, subscriptions: FakeSubscriptions, accounts: FakeAccounts
) -> None:
    accounts.erased_after_asking = True
    await following.choice("yes")
    assert subscriptions.opt_ins == {}


async def test_a_consent_lapses_before_its_row_is_swept(
    leaving: Leaving, subscriptions: FakeSubscriptions, clock: FakeClock
) -> None:
    known = a_subscription()
    subscriptions.subscriptions[known.id] = known
    clock.advance(LAPSES_AFTER)
    await leaving.lapse()
    assert subscriptions.endings == []
    clock.advance(timedelta(hours=1))
    await leaving.lapse()
    assert subscriptions.endings == [(known.email, Ending.LAPSED)]
    assert LAPSES_AFTER + timedelta(hours=2) < SUBSCRIPTION_KEPT


async def test_only_a_no_keeps_an_address_away() -> None:
    assert {ending for ending in Ending if ending.suppresses} == {Ending.UNSUBSCRIBED, Ending.SPAM, Ending.BOUNCED}


async def test_events_that_do_not_concern_us_reach_no_table(leaving: Leaving, subscriptions: FakeSubscriptions) -> None:
    await leaving.through_brevo('{"event": "opened", "email": "a@b.example"}')
    assert subscriptions.applied == []
    await leaving.through_brevo('[{"event": "opened"}, {"event": "spam", "email": "a@b.example"}]')
    assert [callback.ending for callback in subscriptions.applied] == [Ending.SPAM]


def test_pseudonyms_of_different_kinds_have_nothing_in_common() -> None:
    pseudonyms = Pseudonyms(bytes(32))
    made = {pseudonyms.of_address("x"), pseudonyms.of_event("x"), hash_of(pseudonyms.unsubscribe_token("x"))}
    assert len(made) == 3
    assert Pseudonyms(b"\1" * 32).of_address("x") not in made
