"""Registration: an answer that tells nothing, and an account only for whoever owns the address."""

from datetime import timedelta

import pytest

from contracts.errors import ErrorKind, Refusal
from services.auth.domain.accounts import Status
from tests.unit.auth.conftest import EMAIL, NAME, PASSWORD, World


async def test_the_mail_begins_with_the_link_and_its_secret_stands_in_the_fragment(world: World) -> None:
    await world.registering.register(EMAIL, PASSWORD, NAME, "nb")
    letter = world.store.letters[0]
    assert letter.text.startswith("http://localhost:8000/verify-email#token=")
    assert letter.subject == "Bekreft e-postadressen din hos Larabot"
    assert NAME not in letter.text + letter.html


async def test_there_is_no_account_before_the_address_is_confirmed(world: World) -> None:
    await world.registering.register(EMAIL, PASSWORD, NAME, "sv")
    assert world.store.accounts == {}
    with pytest.raises(Refusal) as refused:
        await world.signed_in()
    assert refused.value.kind is ErrorKind.UNAUTHENTICATED


async def test_the_link_makes_an_account_in_the_first_tier(world: World) -> None:
    account = world.store.accounts[await world.an_account()]
    assert (account.email, account.name, account.role, account.tier) == (EMAIL, NAME, "user", "free")


async def test_the_link_works_once(world: World) -> None:
    await world.registering.register(EMAIL, PASSWORD, NAME, "sv")
    secret = world.mailed_secret()
    await world.registering.confirm(secret)
    with pytest.raises(Refusal) as refused:
        await world.registering.confirm(secret)
    assert refused.value.kind is ErrorKind.GONE


async def test_the_link_dies_after_a_day(world: World) -> None:
    await world.registering.register(EMAIL, PASSWORD, NAME, "sv")
    world.clock.advance(timedelta(hours=24))
    with pytest.raises(Refusal) as refused:
        await world.registering.confirm(world.mailed_secret())
    assert refused.value.kind is ErrorKind.GONE


async def test_a_known_address_is_told_by_mail_only_and_nothing_of_the_attempt_is_kept(world: World) -> None:
    await world.an_account()
    await world.registering.register(EMAIL, "en helt annan mening", "Mallory", "en")
    assert world.store.letters[-1].subject == "You already have an account at Larabot"
    assert "token" not in world.store.letters[-1].text
    (attempt,) = world.store.registrations.values()
    assert (attempt.email, attempt.name, attempt.password_hash) == ("", "", "")


async def test_a_known_address_costs_as_much_hashing_as_an_unknown_one(world: World) -> None:
    await world.an_account()
    for email in (EMAIL, "berit@skola.example"):
        before = len(world.hasher.hashed_passwords), len(world.store.registrations), len(world.store.letters)
        await world.registering.register(email, PASSWORD, NAME, "sv")
        after = len(world.hasher.hashed_passwords), len(world.store.registrations), len(world.store.letters)
        assert after == tuple(count + 1 for count in before)


async def test_what_a_stranger_registered_is_gone_once_the_owner_has_confirmed(world: World) -> None:
    await world.registering.register(EMAIL, "the password of a stranger", "Mallory", "en")
    strangers_link = world.mailed_secret()
    account_id = await world.an_account()
    with pytest.raises(Refusal):
        await world.registering.confirm(strangers_link)
    assert world.store.accounts[account_id].name == NAME
    assert world.store.password_hashes[account_id] == f"hash of {PASSWORD}"


async def test_an_address_cannot_be_flooded(world: World) -> None:
    for _ in range(20):
        await world.registering.register(EMAIL, PASSWORD, NAME, "sv")
    assert len(world.store.letters) == 5


@pytest.mark.parametrize(
    ("password", "code"), [("kort", "password-too-short"), ("lösenordlösenord", "password-common")]
)
async def test_a_weak_password_is_refused_by_field_and_code(world: World, password: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        await world.registering.register(EMAIL, password, NAME, "sv")
    assert refused.value.kind is ErrorKind.INVALID
    assert [(error["field"], error["code"]) for error in refused.value.members["errors"]] == [("password", code)]


async def test_an_erased_person_may_come_back_as_somebody_new(world: World) -> None:
    first = await world.an_account()
    await world.control.block(first)
    assert world.store.accounts[first].status is Status.BLOCKED
    del world.store.accounts[first], world.store.password_hashes[first]
    assert await world.an_account() != first
