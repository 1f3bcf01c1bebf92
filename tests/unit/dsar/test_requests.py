"""Opening and seeing cases: one request is one case, however often it is sent, and nobody else sees it."""

from datetime import timedelta

import pytest

from contracts.dsar import Right
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from tests.unit.dsar.conftest import ACCOUNT, World

KEY = "ab" * 32


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY, Right.RECTIFICATION])
async def test_a_repeated_request_is_answered_with_the_same_case(world: World, right: Right) -> None:
    first, is_new = await world.open(right, KEY)
    assert is_new
    letters = len(world.requests.letters)
    world.clock.advance(timedelta(minutes=3))
    assert await world.open(right, KEY) == (first.model_copy(update={"case_secret": None}), False)
    assert len(world.requests.letters) == letters == 1
    assert len(world.requests.cases) == 1


async def test_a_repetition_is_answered_while_the_accounts_are_away(world: World) -> None:
    first, _ = await world.open(Right.ACCESS, KEY)
    world.accounts.away = True
    again, is_new = await world.open(Right.ACCESS, KEY)
    assert (again.id, again.due_at, is_new) == (first.id, first.due_at, False)


async def test_two_keys_or_none_are_two_cases(world: World) -> None:
    opened = [(await world.open(Right.ACCESS, key))[0].id for key in (KEY, KEY[::-1], None, None)]
    assert len(set(opened)) == 4


async def test_a_key_is_the_callers_own(world: World) -> None:
    world.accounts.addresses["account-of-robin"] = "robin@example.org"
    first, _ = await world.open(Right.ACCESS, KEY)
    second, is_new = await world.open(Right.ACCESS, KEY, "account-of-robin")
    assert is_new
    assert second.id != first.id


async def test_a_key_that_opened_another_right_is_refused(world: World) -> None:
    await world.open(Right.ACCESS, KEY)
    with pytest.raises(Refusal) as refusal:
        await world.open(Right.PORTABILITY, KEY)
    assert (refusal.value.kind, refusal.value.reason) == (ErrorKind.CONFLICT, "key-used-with-another-body")


async def test_an_erasure_asked_for_again_is_the_same_and_nothing_else_is_opened_beside_it(world: World) -> None:
    first, _ = await world.open(Right.ERASURE)
    again, is_new = await world.open(Right.ERASURE)
    assert (again, is_new) == (first, False)
    with pytest.raises(Refusal) as refusal:
        await world.open(Right.ACCESS)
    assert refusal.value.reason == "erasure-under-way"


async def test_a_case_is_seen_by_its_account_and_by_its_secret_only(world: World) -> None:
    opened, _ = await world.open(Right.ACCESS)
    for known in ({"account_id": ACCOUNT}, {"case_secret": opened.case_secret}):
        assert (await world.seeing.see(opened.id, Caller(service="gateway", **known))).id == opened.id
    for stranger in ({}, {"account_id": "account-of-robin"}, {"case_secret": "A" * 43}):
        with pytest.raises(Refusal) as refusal:
            await world.seeing.see(opened.id, Caller(service="gateway", **stranger))
        assert refusal.value.kind is ErrorKind.NOT_FOUND


async def test_a_package_is_there_once_gathered_and_for_seven_days(world: World) -> None:
    opened, _ = await world.open(Right.ACCESS)
    caller = Caller(service="gateway", account_id=ACCOUNT)
    with pytest.raises(Refusal) as refusal:
        await world.seeing.package_of(opened.id, caller)
    assert refusal.value.kind is ErrorKind.CONFLICT
    await world.requests.gathered(opened.id, [])
    assert (await world.seeing.package_of(opened.id, caller)).id == opened.id
    world.clock.advance(timedelta(days=7))
    with pytest.raises(Refusal) as refusal:
        await world.seeing.package_of(opened.id, caller)
    assert refusal.value.kind is ErrorKind.GONE


async def test_an_address_is_written_to_once_a_day(world: World) -> None:
    for address in ("kim@example.org", "KIM@example.org", "robin@example.org"):
        await world.looking_up.look_up(address, "sv")
    assert [letter.address for letter in world.requests.letters] == ["kim@example.org", "robin@example.org"]
    world.clock.advance(timedelta(days=1))
    await world.looking_up.look_up("kim@example.org", "sv")
    assert len(world.requests.letters) == 3
