"""The deletion of a pseudonym at PostHog, step by step."""

from datetime import timedelta

import pytest

from services.analytics.domain.deletions import LATE_LOOK, OVERDUE_AFTER, POLL_MAX, Deletion
from services.analytics.ports import RecipientUnavailable
from services.analytics.usecases.deleting import Deleting
from tests.support.clock import START, FakeClock
from tests.unit.analytics.fakes import FakeDeletions, FakePersons, a_deletion


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def persons() -> FakePersons:
    return FakePersons(present={"d"})


@pytest.fixture
def deletions() -> FakeDeletions:
    return FakeDeletions({"d": (a_deletion("d"), START)})


@pytest.fixture
def deleting(deletions: FakeDeletions, persons: FakePersons, clock: FakeClock) -> Deleting:
    return Deleting(deletions, persons, clock)


async def steps(deleting: Deleting, clock: FakeClock, count: int, apart: timedelta = POLL_MAX) -> None:
    for _ in range(count):
        await one_step(deleting)
        clock.advance(apart)


async def one_step(deleting: Deleting) -> None:
    deletion = await deleting.take()
    if isinstance(deletion, Deletion):
        await deleting.carry_out(deletion)


async def test_it_is_asked_for_once_and_polled_until_it_is_verified(
    deleting: Deleting, deletions: FakeDeletions, persons: FakePersons, clock: FakeClock
) -> None:
    await steps(deleting, clock, 4)
    assert persons.asked == ["d"]
    assert deletions.kept["d"][0].verified_at is None
    assert deletions.kept["d"][0].persons == ("person-d",)
    persons.verified = True
    await steps(deleting, clock, 1)
    assert deletions.kept["d"][0].verified_at is not None


async def test_a_late_look_ends_it(
    deleting: Deleting, deletions: FakeDeletions, persons: FakePersons, clock: FakeClock
) -> None:
    persons.verified = True
    await steps(deleting, clock, 2)
    await steps(deleting, clock, 1)
    assert "d" in deletions.kept
    clock.advance(LATE_LOOK)
    await steps(deleting, clock, 1)
    assert deletions.kept == {}


async def test_what_came_late_is_deleted_as_well(
    deleting: Deleting, deletions: FakeDeletions, persons: FakePersons, clock: FakeClock
) -> None:
    persons.verified = True
    await steps(deleting, clock, 2)
    persons.present.add("d")
    clock.advance(LATE_LOOK)
    await steps(deleting, clock, 1)
    assert persons.asked == ["d", "d"]
    assert deletions.kept["d"][0].verified_at is None


async def test_a_pseudonym_that_posthog_never_met_is_asked_for_all_the_same(
    deleting: Deleting, persons: FakePersons, clock: FakeClock
) -> None:
    persons.present.clear()
    await steps(deleting, clock, 2)
    assert persons.asked == ["d"]


async def test_while_posthog_is_down_it_stays_and_waits_longer(
    deleting: Deleting, deletions: FakeDeletions, persons: FakePersons, clock: FakeClock
) -> None:
    persons.down = True
    waits = []
    for _ in range(3):
        deletion = await deleting.take()
        assert isinstance(deletion, Deletion)
        with pytest.raises(RecipientUnavailable):
            await deleting.carry_out(deletion)
        await deleting.put_off(deletion, "no-answer")
        waits.append(deletions.kept["d"][1] - clock.now())
        clock.advance(POLL_MAX)
    assert waits == sorted(set(waits))
    assert await Deleting(FakeDeletions(), persons, clock).take() is None


def test_after_a_month_it_is_overdue() -> None:
    deletion = a_deletion("d")
    assert not deletion.is_overdue(START + OVERDUE_AFTER)
    assert deletion.is_overdue(START + OVERDUE_AFTER + timedelta(seconds=1))
    assert not deletion.verified(START).is_overdue(START + 2 * OVERDUE_AFTER)
