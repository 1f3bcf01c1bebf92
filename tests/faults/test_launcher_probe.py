"""The launcher's way to ask whether a process serves, against processes that do so badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ops.run.http_probe import NotReady, ask, until_ready

Answering = Callable[[bytes], Awaitable[bytes]]


@asynccontextmanager
async def a_server(answer: Answering) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await answer(await reader.readuntil(b"\r\n\r\n")))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def always(answer: bytes) -> Answering:
    async def give(_request: bytes) -> bytes:
        return answer

    return give


async def test_waits_until_the_answer_is_200() -> None:
    answers = [b"HTTP/1.1 503 No\r\n\r\n", b"", b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]

    async def one_after_another(_request: bytes) -> bytes:
        return answers.pop(0)

    async with a_server(one_after_another) as url:
        await until_ready(url, deadline_seconds=10)
    assert answers == []


async def test_a_deadline_that_passes_tells_the_last_answer() -> None:
    async with a_server(always(b"HTTP/1.1 503 No\r\n\r\nconsent: no bus")) as url:
        with pytest.raises(NotReady, match="503 consent: no bus"):
            await until_ready(url, deadline_seconds=0.3)


async def test_a_server_that_never_answers_does_not_hold_the_deadline_up() -> None:
    async def never(_request: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""

    async with a_server(never) as url:
        with pytest.raises(NotReady):
            await until_ready(url, deadline_seconds=0.3)


async def test_an_answer_without_end_is_cut() -> None:
    async with a_server(always(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000)) as url:
        assert len((await ask(url)).body) < 100_000
