"""However many passwords are tried at once, no more are compared than the free attempts allow."""

import asyncio
from collections import Counter

import pytest

from contracts.errors import ErrorKind, Refusal
from services.auth.domain.throttle import Guesses
from tests.unit.auth.conftest import EMAIL, PASSWORD, World

WRONG, NEW = "a wrong password", "åtta stora paddor sover"


async def outcome(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc] # whatever a use case returns
    except Refusal as refusal:
        return refusal.reason or refusal.kind.value
    return "let in"


def in_turn(world: World) -> None:
    """Let every piece of hashing give way to whatever else waits, as a thread does."""

    async def give_way() -> None:
        world.hasher.meanwhile(give_way)
        await asyncio.sleep(0)

    world.hasher.meanwhile(give_way)


async def test_of_sixty_wrong_passwords_at_once_ten_are_compared(world: World) -> None:
    await world.an_account()
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.login.log_in(EMAIL, WRONG, None)) for _ in range(60)))
    assert Counter(outcomes) == {"login-failed": 10, "too-many-guesses": 50}
    assert len(world.hasher.compared) == 10


async def test_an_address_without_an_account_is_treated_alike(world: World) -> None:
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.login.log_in("b@skola.example", WRONG, None)) for _ in range(60)))
    assert Counter(outcomes) == {"login-failed": 10, "too-many-guesses": 50}


async def test_sixty_right_passwords_at_once_are_all_let_in(world: World) -> None:
    await world.an_account()
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.login.log_in(EMAIL, PASSWORD, None)) for _ in range(60)))
    assert Counter(outcomes) == {"let in": 60}


async def test_after_some_failures_what_is_left_is_shared_by_all_at_once(world: World) -> None:
    await world.an_account()
    for _ in range(7):
        await outcome(world.login.log_in(EMAIL, WRONG, None))
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.login.log_in(EMAIL, WRONG, None)) for _ in range(20)))
    assert Counter(outcomes) == {"login-failed": 3, "too-many-guesses": 17}


async def test_proving_again_at_once_is_slowed_down_as_well(world: World) -> None:
    account_id = await world.an_account()
    session, _ = await world.control.authenticate((await world.signed_in()).secret)
    in_turn(world)
    trials = (world.login.prove_again(account_id, session.id, WRONG) for _ in range(60))
    outcomes = await asyncio.gather(*(outcome(one) for one in trials))
    assert Counter(outcomes) == {"login-failed": 10, "too-many-guesses": 50}


async def test_changing_a_password_at_once_is_slowed_down_as_well(world: World) -> None:
    account_id = await world.an_account()
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.passwords.change(account_id, WRONG, NEW)) for _ in range(60)))
    assert Counter(outcomes) == {"login-failed": 10, "too-many-guesses": 50}


async def test_a_reset_link_is_hashed_for_a_few_times_however_often_it_is_posted_at_once(world: World) -> None:
    await world.an_account()
    await world.passwords.forget(EMAIL, "sv")
    secret = world.mailed_secret()
    before = len(world.hasher.hashed_passwords)
    in_turn(world)
    outcomes = await asyncio.gather(*(outcome(world.passwords.reset(secret, NEW)) for _ in range(60)))
    assert Counter(outcomes)["let in"] == 1
    assert len(world.hasher.hashed_passwords) - before <= Guesses.FREE


async def test_of_sixty_registrations_of_an_address_at_once_five_are_hashed(world: World) -> None:
    in_turn(world)
    await asyncio.gather(*(world.registering.register(EMAIL, PASSWORD, "Anna", "sv") for _ in range(60)))
    assert len(world.hasher.hashed_passwords) == len(world.store.letters) == 5


async def test_of_sixty_forgotten_passwords_at_once_an_address_gets_three_letters(world: World) -> None:
    await world.an_account()
    await asyncio.gather(*(world.passwords.forget(EMAIL, "sv") for _ in range(60)))
    assert len(world.store.letters) == 1 + 3


async def test_what_could_not_be_compared_is_no_guess(world: World) -> None:
    await world.an_account()
    world.hasher.refusal = Refusal(ErrorKind.UNAVAILABLE, "busy")
    for _ in range(20):
        assert await outcome(world.login.log_in(EMAIL, WRONG, None)) == "busy"
        assert await outcome(world.registering.register("new@skola.example", PASSWORD, "N", "sv")) == "busy"
    world.hasher.refusal = None
    assert (await world.signed_in()).account.email == EMAIL
    await world.registering.register("new@skola.example", PASSWORD, "N", "sv")
    assert world.store.letters[-1].to == "new@skola.example"


async def test_whoever_leaves_the_line_lets_the_others_go_on(world: World) -> None:
    await world.an_account()
    gate = asyncio.Event()
    for _ in range(9):
        await outcome(world.login.log_in("b@skola.example", WRONG, None))
    world.hasher.meanwhile(gate.wait)
    first = asyncio.create_task(outcome(world.login.log_in("b@skola.example", WRONG, None)))
    await asyncio.sleep(0)
    second = asyncio.create_task(outcome(world.login.log_in("b@skola.example", WRONG, None)))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == "login-failed"
    assert world.attempts._lines == {}  # noqa: SLF001 — what is kept is the point
