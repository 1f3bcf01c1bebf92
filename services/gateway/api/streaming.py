"""Streamed answers: the first byte goes out at once, and a reader that leaves stops the work upstream at once."""

import asyncio
import json
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis.bus import IncomingStream
from contracts.auth import SessionsRevoked
from contracts.consent import ConsentChanged
from contracts.errors import ErrorKind, Refusal
from contracts.table import Http
from services.gateway.api.admission import Admitted
from services.gateway.api.problems import problem_of, response_of

EVENT_STREAM = "text/event-stream"
JSON_TYPE = "application/json"
BEGUN = b": begun\n\n"
WHOLE_BYTES_MAX = 16 * 1024 * 1024
DOWNLOAD_NAMES = {"application/zip": 'attachment; filename="larabot-data.zip"'}


class RunningStreams:
    """The streams of each account, so that a withdrawal or a revoked session ends them."""

    def __init__(self) -> None:
        self._running: dict[str, set[StreamAnswer]] = {}

    def add(self, account_id: str, answer: "StreamAnswer") -> None:
        """Note a stream that begins."""
        self._running.setdefault(account_id, set()).add(answer)

    def remove(self, account_id: str, answer: "StreamAnswer") -> None:
        """Forget a stream that has ended."""
        answers = self._running.get(account_id, set())
        answers.discard(answer)
        if not answers:
            self._running.pop(account_id, None)

    def consent_changed(self, message: ConsentChanged) -> None:
        """End the streams that rest on a consent that was withdrawn."""
        withdrawn = {purpose.value for purpose in message.withdrawn}
        for answer in list(self._running.get(message.account_id or "", ())):
            if answer.purpose in withdrawn:
                answer.end(Refusal(ErrorKind.CONSENT_REQUIRED, "withdrawn", purpose=answer.purpose))

    def sessions_revoked(self, message: SessionsRevoked) -> None:
        """End the streams of an account whose sessions are all revoked."""
        if not message.session_ids:
            for answer in list(self._running.get(message.account_id, ())):
                answer.end(Refusal(ErrorKind.UNAUTHENTICATED, "session-revoked"))


class StreamAnswer:
    """An ASGI response that passes on a stream from the bus."""

    def __init__(self, incoming: IncomingStream, running: RunningStreams, admitted: Admitted, http: Http) -> None:
        self._incoming = incoming
        self._running = running
        self._account_id = admitted.caller.account_id or ""
        self._language = admitted.caller.language
        self._standing = admitted.standing
        self._ended: asyncio.Future[Refusal] = asyncio.get_running_loop().create_future()
        self._started = ""
        self.purpose = http.purpose

    def end(self, refusal: Refusal) -> None:
        """End the stream from our side."""
        if not self._ended.done():
            self._ended.set_result(refusal)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the stream on until it ends, its reader leaves, or it is ended from our side."""
        self._running.add(self._account_id, self)
        passing = asyncio.create_task(self._pass(scope, receive, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            first: set[asyncio.Future[Any]] = {passing, leaving, self._ended}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not passing.done():
                passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
            if self._ended.done():
                await self._fail(self._ended.result(), scope, receive, send)
        finally:
            leaving.cancel()
            self._running.remove(self._account_id, self)
            await self._incoming.cancel()

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            media_type = await self._incoming.begun()
            if media_type == JSON_TYPE:
                await self._send_whole(scope, receive, send)
            else:
                await self._send_streaming(media_type, send)
        except Refusal as refusal:
            await self._fail(refusal, scope, receive, send)

    async def _send_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Collect a JSON answer before its status is sent, so that a broken one is never half an object."""
        body = bytearray()
        async for chunk in self._incoming:
            body += chunk
            if len(body) > WHOLE_BYTES_MAX:
                raise Refusal(ErrorKind.TOO_LARGE, "answer", limit_bytes=WHOLE_BYTES_MAX)
        headers = {"Cache-Control": "no-store", **self._standing.headers()}
        response = Response(bytes(body), media_type=JSON_TYPE, headers=headers)
        self._started = JSON_TYPE
        await response(scope, receive, send)

    async def _send_streaming(self, media_type: str, send: Send) -> None:
        self._started = media_type
        await send(_start_message(media_type, self._standing.headers()))
        if media_type == EVENT_STREAM:
            await send(_part(BEGUN))
        async for chunk in self._incoming:
            await send(_part(chunk))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _fail(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        instance = scope["larabot.instance"]
        if not self._started:
            await response_of(refusal, self._language, instance)(scope, receive, send)
            return
        if self._started != EVENT_STREAM:
            # A half download must not look whole: breaking the connection is the only honest word left.
            raise BrokenDownload
        problem = json.dumps(problem_of(refusal, self._language, instance), ensure_ascii=False)
        await send(_part(f"event: error\ndata: {problem}\n\n".encode()))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class BrokenDownload(ConnectionError):
    """A download failed after its first byte."""


def _start_message(media_type: str, headers: dict[str, str]) -> Message:
    named = DOWNLOAD_NAMES.get(media_type)
    fields = {"Content-Type": media_type, "Cache-Control": "no-store", "X-Accel-Buffering": "no", **headers}
    if named is not None:
        fields["Content-Disposition"] = named
    raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _part(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


async def _left(receive: Receive) -> None:
    """Return when the browser is gone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
