"""Change a password, or set a new one by a mailed link."""

from datetime import timedelta

import pytest

from contracts.errors import ErrorKind, Refusal
from tests.unit.auth.conftest import EMAIL, PASSWORD, World

NEW = "åtta stora paddor sover"


async def test_a_change_leaves_one_session_and_tells_the_owner(world: World) -> None:
    account_id = await world.an_account()
    old = [(await world.signed_in()).secret for _ in range(2)]
    secret = await world.passwords.change(account_id, PASSWORD, NEW)
    for one in old:
        with pytest.raises(Refusal):
            await world.control.authenticate(one)
    assert (await world.control.authenticate(secret))[1].id == account_id
    assert world.store.letters[-1].subject == "Ditt lösenord hos Larabot har ändrats"
    assert world.revocations.announced[-1] == (account_id, ())


async def test_a_change_needs_the_current_password(world: World) -> None:
    account_id = await world.an_account()
    with pytest.raises(Refusal) as refused:
        await world.passwords.change(account_id, "a wrong password", NEW)
    assert refused.value.kind is ErrorKind.UNAUTHENTICATED


async def test_a_new_password_must_be_as_good_as_the_first(world: World) -> None:
    account_id = await world.an_account()
    with pytest.raises(Refusal) as refused:
        await world.passwords.change(account_id, PASSWORD, "lösenordlösenord")
    assert refused.value.members["errors"][0]["field"] == "password"


async def test_a_reset_link_sets_the_password_once_and_ends_every_session(world: World) -> None:
    account_id = await world.an_account()
    session = (await world.signed_in()).secret
    await world.passwords.forget(EMAIL, "en")
    assert world.store.letters[-1].text.startswith("http://localhost:8000/password/reset#token=")
    secret = world.mailed_secret()
    await world.passwords.reset(secret, NEW)
    with pytest.raises(Refusal):
        await world.control.authenticate(session)
    with pytest.raises(Refusal) as refused:
        await world.passwords.reset(secret, NEW)
    assert refused.value.kind is ErrorKind.GONE
    assert (await world.login.log_in(EMAIL, NEW, None)).account.id == account_id
    assert world.revocations.announced[-1] == (account_id, ())


async def test_one_used_reset_link_ends_the_others(world: World) -> None:
    await world.an_account()
    await world.passwords.forget(EMAIL, "sv")
    first = world.mailed_secret()
    await world.passwords.forget(EMAIL, "sv")
    await world.passwords.reset(world.mailed_secret(), NEW)
    with pytest.raises(Refusal):
        await world.passwords.reset(first, PASSWORD)


async def test_a_reset_link_dies_after_half_an_hour(world: World) -> None:
    await world.an_account()
    await world.passwords.forget(EMAIL, "sv")
    world.clock.advance(timedelta(minutes=30))
    with pytest.raises(Refusal) as refused:
        await world.passwords.reset(world.mailed_secret(), NEW)
    assert refused.value.kind is ErrorKind.GONE


async def test_an_unknown_address_costs_the_same_write_and_gets_no_letter(world: World) -> None:
    await world.passwords.forget("nobody@skola.example", "sv")
    assert len(world.store.resets) == 1
    assert world.store.letters == []


async def test_a_weak_new_password_does_not_use_up_the_link(world: World) -> None:
    await world.an_account()
    await world.passwords.forget(EMAIL, "sv")
    secret = world.mailed_secret()
    with pytest.raises(Refusal) as refused:
        await world.passwords.reset(secret, "lösenordlösenord")
    assert refused.value.kind is ErrorKind.INVALID
    await world.passwords.reset(secret, NEW)


async def test_a_blocked_account_gets_no_new_password(world: World) -> None:
    account_id = await world.an_account()
    await world.passwords.forget(EMAIL, "sv")
    secret = world.mailed_secret()
    await world.control.block(account_id)
    with pytest.raises(Refusal) as refused:
        await world.passwords.reset(secret, NEW)
    assert refused.value.kind is ErrorKind.GONE
