"""Running a tool: what is asked in which order, and what is counted of it."""

import asyncio
from contextlib import aclosing

import pytest

from contracts.errors import ErrorKind, Refusal
from services.textproxy.domain import Progress
from services.textproxy.usecases import Use
from tests.unit.textproxy.fakes import INPUTS, USE, Arrangement

END = Progress("", "stop", 7, 5)


async def test_a_finished_answer_is_passed_on_and_counted() -> None:
    given = Arrangement(Progress("Hej"), END)
    assert await given.streamed() == [Progress(), Progress("Hej"), END]
    assert given.usage.counted == [("simplify", "stop", 12)]


async def test_a_whole_answer_is_counted_as_well() -> None:
    given = Arrangement(Progress("Hej", "length", 1, 2))
    assert (await given.generation.whole(USE, INPUTS)).text == "Hej"
    assert given.usage.counted == [("simplify", "length", 3)]


@pytest.mark.parametrize(
    ("use", "inputs", "kind"),
    [
        (Use("nothing", "k", "free"), INPUTS, ErrorKind.NOT_FOUND),
        (USE, {"text": "x", "colour": "red"}, ErrorKind.INVALID),
    ],
)
async def test_what_cannot_run_costs_nothing_and_reaches_nobody(
    use: Use, inputs: dict[str, str], kind: ErrorKind
) -> None:
    given = Arrangement(END)
    with pytest.raises(Refusal) as caught:
        await given.streamed(use, inputs)
    assert caught.value.kind is kind
    assert (given.quota.left, given.model.prompts, given.usage.counted) == (1, [], [])


async def test_without_quota_the_model_is_not_asked() -> None:
    given = Arrangement(END, left=0)
    with pytest.raises(Refusal) as caught:
        await given.streamed()
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert given.model.prompts == []


async def test_a_refusal_of_the_model_is_counted_by_its_kind() -> None:
    given = Arrangement(Refusal(ErrorKind.UPSTREAM_FAILED, "cut-off"))
    with pytest.raises(Refusal):
        await given.streamed()
    assert given.usage.counted == [("simplify", "upstream-failed", 0)]


async def test_leaving_early_leaves_the_model_and_is_counted() -> None:
    given = Arrangement(Progress("Hej"), END)
    async with aclosing(given.generation.stream(USE, INPUTS)) as answer:
        assert [await anext(answer), await anext(answer)] == [Progress(), Progress("Hej")]
    assert given.model.left
    assert given.usage.counted == [("simplify", "cancelled", 0)]


async def test_a_cancelled_task_leaves_the_model_and_is_counted() -> None:
    given = Arrangement(30.0, END)
    task = asyncio.create_task(given.streamed())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert given.model.left
    assert given.usage.counted == [("simplify", "cancelled", 0)]
