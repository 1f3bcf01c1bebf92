"""Anonymous counters."""

from datetime import timedelta

import pytest

from services.analytics.domain.counters import CELL_MIN, CELLS_MAX, WINDOW, UsageCounter, window_of
from services.analytics.usecases.counting import Counting
from tests.support.clock import START, FakeClock
from tests.unit.analytics.fakes import FakeCounts


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START + timedelta(minutes=7))


@pytest.fixture
def counts() -> FakeCounts:
    return FakeCounts()


@pytest.fixture
def counting(counts: FakeCounts, clock: FakeClock) -> Counting:
    return Counting(counts, clock)


def use(counting: Counting, times: int, tool: str = "simplify", outcome: str = "stop") -> None:
    for _ in range(times):
        counting.count(tool, outcome, 1)


async def test_nothing_is_written_before_the_window_is_over(
    counting: Counting, counts: FakeCounts, clock: FakeClock
) -> None:
    use(counting, 50)
    await counting.write_finished()
    assert counts.written == []
    clock.advance(timedelta(minutes=8))
    await counting.write_finished()
    assert [(one.window_start, one.tool, one.outcome, one.count) for one in counts.written] == [
        (START, "simplify", "stop", 50)
    ]


async def test_small_cells_are_joined_and_never_shown_alone(
    counting: Counting, counts: FakeCounts, clock: FakeClock
) -> None:
    use(counting, CELL_MIN, "simplify")
    use(counting, CELL_MIN - 1, "quiz")
    use(counting, 1, "quiz", "cancelled")
    clock.advance(WINDOW)
    await counting.write_finished()
    assert {(one.tool, one.count) for one in counts.written} == {("simplify", 10), ("other", 10)}


async def test_what_stays_small_is_dropped(counting: Counting, counts: FakeCounts, clock: FakeClock) -> None:
    use(counting, CELL_MIN - 1)
    clock.advance(WINDOW)
    await counting.write_finished()
    use(counting, CELL_MIN - 1)
    clock.advance(WINDOW)
    await counting.write_finished()
    assert counts.written == []


async def test_a_window_is_written_once(counting: Counting, counts: FakeCounts, clock: FakeClock) -> None:
    use(counting, 20)
    clock.advance(WINDOW)
    await counting.write_finished()
    await counting.write_finished()
    assert len(counts.written) == 1


async def test_counts_survive_a_write_that_fails(counting: Counting, counts: FakeCounts, clock: FakeClock) -> None:
    use(counting, 20)
    clock.advance(WINDOW)
    counts.down = True
    with pytest.raises(OSError, match="down"):
        await counting.write_finished()
    counts.down = False
    await counting.write_finished()
    assert [one.count for one in counts.written] == [20]


@pytest.mark.parametrize("word", ["", "elev@skola.example", "Två ord", "x" * 41, "../x"])
def test_words_that_are_no_names_count_as_other(word: str) -> None:
    counter = UsageCounter()
    for _ in range(CELL_MIN):
        counter.add(word, word, 1, START)
    assert {(one.tool, one.outcome) for one in counter.finished(START + WINDOW)} == {("other", "other")}


def test_the_number_of_cells_is_bounded() -> None:
    counter = UsageCounter()
    for number in range(CELLS_MAX + CELL_MIN):
        counter.add(f"tool-{number}", "stop", 1, START)
    assert [one.tool for one in counter.finished(START + WINDOW)] == ["other"]


def test_windows_lie_on_the_quarter_hours() -> None:
    assert window_of(START + timedelta(minutes=14, seconds=59)) == START
    assert window_of(START + timedelta(minutes=15)) == START + WINDOW
