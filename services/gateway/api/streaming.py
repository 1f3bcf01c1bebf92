"""Streamed answers: the first byte goes out at once, and a reader that leaves stops the work upstream at once."""

import asyncio
import json
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis.bus import IncomingStream
from contracts.auth import SessionsRevoked
from contracts.consent import ConsentChanged
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from services.gateway.api.admission import Admitted
from services.gateway.api.problems import problem_of, response_of

EVENT_STREAM = "text/event-stream"
JSON_TYPE = "application/json"
BEGUN = b": begun\n\n"
WHOLE_BYTES_MAX = 16 * 1024 * 1024
DOWNLOAD_NAMES = {"application/zip": 'attachment; filename="larabot-data.zip"'}


class Running:
    """A request for a stream, from its admission on: what it rests on, and the word that ends it from our side."""

    def __init__(self, caller: Caller, purpose: str | None) -> None:
        self.account_id = caller.account_id or ""
        self.session_id = caller.session_id
        self.purpose = purpose
        self.ended: asyncio.Future[Refusal] = asyncio.get_running_loop().create_future()

    def end(self, refusal: Refusal) -> None:
        """End it from our side."""
        if not self.ended.done():
            self.ended.set_result(refusal)

    def check(self) -> None:
        """Go on only if nothing ended it meanwhile.

        Raises:
            Refusal: what ended it.
        """
        if self.ended.done():
            raise self.ended.result()


class RunningStreams:
    """The streams of each account, so that a withdrawal or a revoked session ends them."""

    def __init__(self) -> None:
        self._running: dict[str, set[Running]] = {}

    def begin(self, caller: Caller, purpose: str | None) -> Running:
        """Note a request that was admitted; the text it carries has not left yet."""
        running = Running(caller, purpose)
        self._running.setdefault(running.account_id, set()).add(running)
        return running

    def remove(self, running: Running) -> None:
        """Forget one that has ended."""
        of_account = self._running.get(running.account_id, set())
        of_account.discard(running)
        if not of_account:
            self._running.pop(running.account_id, None)

    def consent_changed(self, message: ConsentChanged) -> None:
        """End the streams that rest on a consent that was withdrawn."""
        withdrawn = {purpose.value for purpose in message.withdrawn}
        for running in self._running.get(message.account_id or "", ()):
            if running.purpose in withdrawn:
                running.end(Refusal(ErrorKind.CONSENT_REQUIRED, "withdrawn", purpose=running.purpose))

    def sessions_revoked(self, message: SessionsRevoked) -> None:
        """End the streams of the revoked sessions; no ids means all of the account's."""
        for running in self._running.get(message.account_id, ()):
            if not message.session_ids or running.session_id in message.session_ids:
                running.end(Refusal(ErrorKind.UNAUTHENTICATED, "session-revoked"))

    def end_all(self) -> None:
        """This gateway ends: say so to everybody who still waits."""
        for of_account in self._running.values():
            for running in of_account:
                running.end(Refusal(ErrorKind.UNAVAILABLE, "ending", retry_after_seconds=1))


class StreamAnswer:
    """An ASGI response that passes on a stream from the bus."""

    def __init__(self, incoming: IncomingStream, streams: RunningStreams, running: Running, admitted: Admitted) -> None:
        self._incoming = incoming
        self._streams = streams
        self._running = running
        self._language = admitted.caller.language
        self._rate_limit = admitted.rate_limit
        self._started = ""
        self._is_whole = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the stream on until it ends, its reader leaves, or it is ended from our side."""
        passing = asyncio.create_task(self._pass(scope, receive, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            first: set[asyncio.Future[Any]] = {passing, leaving, self._running.ended}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if passing.done():
                await passing
            elif self._running.ended.done():
                await self._cut(passing, scope, receive, send)
        finally:
            leaving.cancel()
            passing.cancel()
            self._streams.remove(self._running)
            await self._incoming.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def _cut(self, passing: asyncio.Task[None], scope: Scope, receive: Receive, send: Send) -> None:
        """Stop the work first: a browser that does not read must not keep it going."""
        passing.cancel()
        await self._incoming.cancel()
        await asyncio.gather(passing, return_exceptions=True)
        if not self._is_whole:
            await self._fail(self._running.ended.result(), scope, receive, send)

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
        headers = {"Cache-Control": "no-store", **self._rate_limit.headers()}
        response = Response(bytes(body), media_type=JSON_TYPE, headers=headers)
        self._started = JSON_TYPE
        await response(scope, receive, send)
        self._is_whole = True

    async def _send_streaming(self, media_type: str, send: Send) -> None:
        await send(start_message(media_type, self._rate_limit.headers()))
        self._started = media_type
        if media_type == EVENT_STREAM:
            await send(_part(BEGUN))
        async for chunk in self._incoming:
            await send(_part(chunk))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        self._is_whole = True

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


def start_message(media_type: str, headers: dict[str, str]) -> Message:
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
