"""Log in, prove again, log out; block."""

from datetime import timedelta

import pytest

from contracts.errors import ErrorKind, Refusal
from services.auth.domain.secrets import hash_of
from services.auth.domain.sessions import FRESH
from tests.unit.auth.conftest import EMAIL, PASSWORD, World


async def refusal_of(world: World, email: str, password: str) -> tuple[ErrorKind, str]:
    with pytest.raises(Refusal) as refused:
        await world.login.log_in(email, password, None)
    return refused.value.kind, refused.value.reason


async def test_a_session_is_known_by_its_secret_and_stored_as_its_hash(world: World) -> None:
    account_id = await world.an_account()
    signed_in = await world.signed_in()
    session, account = await world.control.authenticate(signed_in.secret)
    assert account.id == account_id
    assert session.secret_hash == hash_of(signed_in.secret)
    assert session.fresh_until == world.clock.now() + FRESH


async def test_wrong_unknown_and_blocked_are_refused_alike(world: World) -> None:
    account_id = await world.an_account()
    wrong = await refusal_of(world, EMAIL, "a wrong password")
    unknown = await refusal_of(world, "nobody@skola.example", PASSWORD)
    await world.control.block(account_id)
    blocked = await refusal_of(world, EMAIL, PASSWORD)
    assert wrong == unknown == blocked == (ErrorKind.UNAUTHENTICATED, "login-failed")


async def test_a_password_is_compared_even_where_there_is_no_account(world: World) -> None:
    await refusal_of(world, "nobody@skola.example", PASSWORD)
    assert world.hasher.compared == [None]


async def test_guesses_are_slowed_down_alike_with_and_without_an_account(world: World) -> None:
    await world.an_account()
    for email in (EMAIL, "nobody@skola.example"):
        for _ in range(10):
            await refusal_of(world, email, "a wrong password")
        assert await refusal_of(world, email, PASSWORD) == (ErrorKind.RATE_LIMITED, "too-many-guesses")
    world.clock.advance(timedelta(seconds=1))
    assert (await world.signed_in()).account.email == EMAIL


async def test_the_way_a_letter_is_composed_does_not_matter(world: World) -> None:
    await world.an_account()
    decomposed = PASSWORD.replace("å", "a\u030a")
    assert (await world.login.log_in(EMAIL, decomposed, None)).account.email == EMAIL


async def test_an_outdated_hash_is_renewed_at_login(world: World) -> None:
    account_id = await world.an_account()
    world.store.password_hashes[account_id] = f"old hash of {PASSWORD}"
    await world.signed_in()
    assert world.store.password_hashes[account_id] == f"hash of {PASSWORD}"


async def test_the_session_that_the_browser_had_before_ends(world: World) -> None:
    account_id = await world.an_account()
    first = await world.signed_in()
    session, _ = await world.control.authenticate(first.secret)
    await world.login.log_in(EMAIL, PASSWORD, session.id)
    with pytest.raises(Refusal):
        await world.control.authenticate(first.secret)
    assert world.revocations.announced == [(account_id, (session.id,))]


async def test_proving_again_changes_secret_and_id_but_not_the_end(world: World) -> None:
    account_id = await world.an_account()
    first = await world.signed_in()
    before, _ = await world.control.authenticate(first.secret)
    world.clock.advance(timedelta(hours=1))
    proved = await world.login.prove_again(account_id, before.id, PASSWORD)
    after, _ = await world.control.authenticate(proved.secret)
    assert after.id != before.id
    assert after.expires_at == before.expires_at
    assert after.fresh_until == proved.fresh_until == world.clock.now() + FRESH
    with pytest.raises(Refusal):
        await world.control.authenticate(first.secret)
    assert world.revocations.announced == [(account_id, (before.id,))]


async def test_proving_again_needs_the_password(world: World) -> None:
    account_id = await world.an_account()
    session, _ = await world.control.authenticate((await world.signed_in()).secret)
    with pytest.raises(Refusal) as refused:
        await world.login.prove_again(account_id, session.id, "a wrong password")
    assert refused.value.kind is ErrorKind.UNAUTHENTICATED


async def test_logging_out_ends_the_session_for_every_gateway(world: World) -> None:
    account_id = await world.an_account()
    secret = (await world.signed_in()).secret
    session, _ = await world.control.authenticate(secret)
    await world.login.log_out(account_id, session.id)
    with pytest.raises(Refusal) as refused:
        await world.control.authenticate(secret)
    assert refused.value.kind is ErrorKind.UNAUTHENTICATED
    assert world.revocations.announced == [(account_id, (session.id,))]


async def test_an_idle_session_ends_and_a_used_one_lives_on(world: World) -> None:
    await world.an_account()
    secret = (await world.signed_in()).secret
    for _ in range(5):
        world.clock.advance(timedelta(hours=1, minutes=59))
        await world.control.authenticate(secret)
    world.clock.advance(timedelta(hours=2))
    with pytest.raises(Refusal):
        await world.control.authenticate(secret)


async def test_no_session_outlives_twelve_hours(world: World) -> None:
    await world.an_account()
    secret = (await world.signed_in()).secret
    for _ in range(11):
        world.clock.advance(timedelta(hours=1))
        await world.control.authenticate(secret)
    world.clock.advance(timedelta(hours=1))
    with pytest.raises(Refusal):
        await world.control.authenticate(secret)


async def test_use_is_noted_once_a_minute(world: World) -> None:
    await world.an_account()
    secret = (await world.signed_in()).secret
    began = world.clock.now()
    world.clock.advance(timedelta(seconds=59))
    await world.control.authenticate(secret)
    assert (await world.control.authenticate(secret))[0].last_seen_at == began
    world.clock.advance(timedelta(seconds=1))
    await world.control.authenticate(secret)
    assert (await world.control.authenticate(secret))[0].last_seen_at == world.clock.now()


async def test_an_account_ends_its_other_sessions(world: World) -> None:
    account_id = await world.an_account()
    secrets = [(await world.signed_in()).secret for _ in range(3)]
    mine, _ = await world.control.authenticate(secrets[0])
    await world.control.end_others(account_id, mine.id)
    assert [session.id for session in await world.control.live(account_id)] == [mine.id]
    ((_, ended),) = world.revocations.announced
    assert len(ended) == 2


async def test_nobody_ends_the_session_of_another_account(world: World) -> None:
    await world.an_account()
    session, _ = await world.control.authenticate((await world.signed_in()).secret)
    other = await world.an_account("berit@skola.example")
    with pytest.raises(Refusal) as refused:
        await world.control.end(other, session.id)
    assert refused.value.kind is ErrorKind.NOT_FOUND
    assert session.id in world.store.sessions


async def test_blocking_ends_everything_and_may_be_repeated(world: World) -> None:
    account_id = await world.an_account()
    secret = (await world.signed_in()).secret
    await world.control.block(account_id)
    await world.control.block(account_id)
    await world.control.block("an-account-that-is-gone")
    with pytest.raises(Refusal):
        await world.control.authenticate(secret)
    assert world.revocations.announced[0] == (account_id, ())
