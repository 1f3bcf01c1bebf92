"""The chat completions endpoint: admission, the answer, and its stream."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from emulators.azure_openai import admission, shapes, writing
from emulators.azure_openai.shapes import Answer
from emulators.door import FAULT, Door, body_json
from emulators.faults import Fault
from emulators.serving import Emulator, Options

PIECES = 25
PIECES_MOST = 60
PACE_SECONDS = 0.06
# Long enough for the first half of a character to leave in a segment of its own.
SPLIT_SECONDS = 0.002
CONTINUATION_FIRST, CONTINUATION_LAST = 0x80, 0xBF


class Completions:
    def __init__(self) -> None:
        self.door = Door("azure_openai", shapes.refuse, on_reset=self._reset, about=self._about)
        self._numbers = itertools.count(1)
        self._notice_given = False
        self._answering = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/openai/deployments/{deployment}/chat/completions", self.complete)]

    async def complete(self, request: web.Request) -> web.StreamResponse:
        refused = admission.refusal(request)
        if refused is not None:
            return refused
        body = body_json(request)
        if any("[[filter]]" in text for text in admission.texts(body, *admission.ROLES)):
            return shapes.prompt_filtered()
        self._answering += 1
        try:
            return await self._work(request, body, request[FAULT])
        finally:
            self._answering -= 1

    async def _work(self, request: web.Request, body: dict[str, Any], fault: Fault) -> web.StreamResponse:
        answer = self._answer(body)
        if body.get("stream"):
            return await self._stream(request, answer, body, fault)
        await asyncio.sleep(_pace(fault))
        await fault.before_piece(0, request)
        return web.json_response(answer.whole(), headers=_headers(answer))

    def _answer(self, body: dict[str, Any]) -> Answer:
        given = "\n".join(admission.texts(body, "user")[-1:])
        instruction = "\n".join(admission.texts(body, "system", "developer"))
        text = writing.answer(instruction, given.replace("[[filter-late]]", ""))
        if not self._notice_given:
            self._notice_given = True
            text = f"{writing.notice(instruction, given)}\n\n{text}"
        finish_reason = "stop"
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if limit is not None and shapes.tokens_in(text) > limit:
            text, finish_reason = text[: limit * 4 - 1], "length"
        if "[[filter-late]]" in given:
            text, finish_reason = text[: len(text) // 2], "content_filter"
        return Answer(
            id=f"chatcmpl-{next(self._numbers):012d}",
            created=int(self.door.clock.seconds()),
            text=text,
            finish_reason=finish_reason,
            prompt_tokens=sum(shapes.tokens_in(text) for text in admission.texts(body, *admission.ROLES)),
        )

    async def _stream(
        self, request: web.Request, answer: Answer, body: dict[str, Any], fault: Fault
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", **_headers(answer)})
        await response.prepare(request)
        await _send(response, answer.opening())
        await _send(response, answer.role())
        for number, piece in enumerate(pieces(answer.text, fault.pieces or _pieces_for(answer.text))):
            await fault.before_piece(number, request)
            if number == fault.error_after:
                await _send(response, fault.error or {"error": {"code": "InternalServerError", "message": "Failed."}})
                return response
            if number:
                await asyncio.sleep(_pace(fault))
            await _send(response, answer.piece(piece))
            if fault.quirk == "annotations":
                await _send(response, answer.annotation(number + 1))
        await _send(response, answer.ending())
        if (body.get("stream_options") or {}).get("include_usage"):
            await _send(response, answer.usage_chunk())
        await response.write(b"data: [DONE]\n\n")
        return response

    def _reset(self) -> None:
        # The notice belongs to the start of the process, not to a test's clean slate.
        self._numbers = itertools.count(1)

    def _about(self) -> dict[str, Any]:
        return {
            "key": admission.KEY,
            "quirks": ["annotations"],
            "pieces_least": PIECES,
            "pace_seconds": PACE_SECONDS,
            "notice_given": self._notice_given,
            "answering": self._answering,
        }


def _pace(fault: Fault) -> float:
    return PACE_SECONDS if fault.pace_seconds is None else fault.pace_seconds


def _pieces_for(text: str) -> int:
    return min(PIECES_MOST, max(PIECES, len(text.split()) // 3))


def pieces(text: str, count: int) -> Iterator[str]:
    """Exactly `count` parts of nearly equal length; of a very short text some are empty."""
    for number in range(count):
        yield text[number * len(text) // count : (number + 1) * len(text) // count]


def _headers(answer: Answer) -> dict[str, str]:
    return {
        "apim-request-id": answer.id.removeprefix("chatcmpl-"),
        "x-ms-region": "Sweden Central",
        "x-ratelimit-remaining-requests": "99",
        "x-ratelimit-remaining-tokens": "99000",
    }


async def _send(response: web.StreamResponse, chunk: dict[str, Any]) -> None:
    line = f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
    at = _inside_character(line)
    if at:
        await response.write(line[:at])
        await asyncio.sleep(SPLIT_SECONDS)
    await response.write(line[at:])


def _inside_character(line: bytes) -> int:
    """A place between two bytes of one character, 0 where all is ASCII."""
    return next((at for at, byte in enumerate(line) if CONTINUATION_FIRST <= byte <= CONTINUATION_LAST), 0)


def build(_: Options) -> Emulator:
    completions = Completions()
    return Emulator(completions.door, completions.door.application(completions.routes()))
