"""One behaviour suite for the port `LanguageModel`: the fake of the unit tests, and Azure's adapter at the emulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol

import pytest

from contracts.errors import ErrorKind, Refusal
from services.textproxy.adapters.patience import Patience
from services.textproxy.domain import Progress, Prompt
from services.textproxy.ports import LanguageModel
from tests.contract.azure_openai import PROMPT, TEXT, azure, closed, model_at, process
from tests.integration.emulators.running import Running
from tests.support.waiting import until
from tests.unit.textproxy.fakes import FakeModel

__all__ = ["azure", "process"]

FILTERED = Prompt(PROMPT.instruction, "Text [[filter]] text", 0.3, 1000)
END = Progress("", "stop", 7, 5)
STALL_SECONDS = 30.0


class Behind(Protocol):
    """Whatever stands behind the port; each method brings a model of one behaviour, of which there is one a test."""

    async def writing(self) -> LanguageModel:
        """It writes in several pieces, and ends."""

    async def refusing(self) -> LanguageModel:
        """It does not take the prompt."""

    async def breaking_off(self) -> LanguageModel:
        """It fails after some text."""

    async def stalling(self, *, stream: bool = True) -> LanguageModel:
        """It falls silent for longer than the test lasts: in a stream after some text, else before its answer."""

    async def begun(self) -> None:
        """Wait until it was asked."""

    async def was_left(self) -> bool:
        """Whether the work at the model has ended."""


class Fake:
    def __init__(self) -> None:
        self._model = FakeModel()

    async def writing(self) -> LanguageModel:
        return self._scripted(Progress("Hej "), Progress("Anna."), END)

    async def refusing(self) -> LanguageModel:
        return self._scripted(Refusal(ErrorKind.CONTENT_FILTERED, "prompt", category="violence"))

    async def breaking_off(self) -> LanguageModel:
        return self._scripted(Progress("Hej "), Refusal(ErrorKind.UPSTREAM_FAILED, "broken-off"))

    async def stalling(self, *, stream: bool = True) -> LanguageModel:
        return self._scripted(Progress("Hej "), STALL_SECONDS, END)

    async def begun(self) -> None:
        await until(lambda: self._model.prompts)

    async def was_left(self) -> bool:
        return self._model.left

    def _scripted(self, *script: Progress | Refusal | float) -> FakeModel:
        self._model = FakeModel(*script)
        return self._model


class Emulated:
    def __init__(self, running: Running, model: LanguageModel) -> None:
        self._azure = running
        self._model = model

    async def writing(self) -> LanguageModel:
        return self._model

    async def refusing(self) -> LanguageModel:
        return self._model  # the prompt makes it refuse

    async def breaking_off(self) -> LanguageModel:
        self._azure.fault(error_after=5, pace_seconds=0)
        return self._model

    async def stalling(self, *, stream: bool = True) -> LanguageModel:
        self._azure.fault(**({"stall_after": 3, "pace_seconds": 0} if stream else {"pace_seconds": STALL_SECONDS}))
        return self._model

    async def begun(self) -> None:
        await until(self._azure.requests)

    async def was_left(self) -> bool:
        return await closed(self._azure)


@pytest.fixture(params=["fake", "emulator"])
async def behind(request: pytest.FixtureRequest, azure: Running) -> AsyncIterator[Behind]:
    if request.param == "fake":
        yield Fake()
        return
    model = await model_at(azure, patience=Patience())
    yield Emulated(azure, model)
    await model.close()


def text_of(seen: list[Progress]) -> str:
    return "".join(progress.text for progress in seen)


async def test_an_answer_ends_with_its_only_reason_and_its_tokens(behind: Behind) -> None:
    seen = [progress async for progress in (await behind.writing()).stream(PROMPT)]
    assert [progress.finish_reason for progress in seen if progress.finish_reason] == ["stop"]
    assert seen[-1].finish_reason == "stop"
    assert min(seen[-1].prompt_tokens, seen[-1].completion_tokens) > 0
    assert text_of(seen)


async def test_the_whole_answer_is_the_text_of_the_stream(behind: Behind) -> None:
    model = await behind.writing()
    streamed = [progress async for progress in model.stream(PROMPT)]
    whole = await model.whole(PROMPT)
    assert (whole.text, whole.finish_reason) == (text_of(streamed), "stop")
    assert whole.completion_tokens > 0


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_a_prompt_that_is_not_taken_is_refused_before_any_text(behind: Behind, stream: bool) -> None:
    model = await behind.refusing()
    with pytest.raises(Refusal) as caught:
        await (anext(model.stream(FILTERED)) if stream else model.whole(FILTERED))
    assert (caught.value.kind, caught.value.members) == (ErrorKind.CONTENT_FILTERED, {"category": "violence"})


async def test_an_answer_that_breaks_off_is_refused_after_what_came(behind: Behind) -> None:
    model, seen = await behind.breaking_off(), list[Progress]()

    async def read() -> None:
        async for progress in model.stream(PROMPT):
            seen.append(progress)  # what came before the refusal counts

    with pytest.raises(Refusal) as caught:
        await read()
    assert caught.value.kind is ErrorKind.UPSTREAM_FAILED
    assert text_of(seen)
    assert not [progress for progress in seen if progress.finish_reason]


async def test_leaving_an_answer_ends_the_work_at_once(behind: Behind) -> None:
    async with aclosing((await behind.stalling()).stream(PROMPT)) as answer:
        async for progress in answer:
            if progress.text:
                break
    assert await behind.was_left()


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_cancelling_ends_the_work_at_once(behind: Behind, stream: bool) -> None:
    model = await behind.stalling(stream=stream)

    async def ask() -> None:
        if stream:
            async for _ in model.stream(PROMPT):
                pass
        else:
            await model.whole(PROMPT)

    task = asyncio.create_task(ask())
    await behind.begun()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await behind.was_left()


async def test_nothing_of_a_person_s_text_is_told_by_what_carries_it() -> None:
    assert TEXT not in repr(PROMPT)
    assert "Hej" not in repr(Progress("Hej"))
