"""Streamed answers: the first byte goes out at once, and a reader that leaves stops the work upstream at once."""

import asyncio

import orjson
from starlette.types import Message, Send

from chassis.bus import IncomingStream
from contracts.errors import ErrorKind, Refusal
from services.gateway.adapters.limits import RateLimitStatus
from services.gateway.api.http_request import HttpRequest
from services.gateway.api.http_response import JSON, NO_STORE, Fields, HttpResponse
from services.gateway.api.leases import StreamLease
from services.gateway.api.problems import problem_of, response_of

EVENT_STREAM = "text/event-stream"
JSON_TYPE = "application/json"
BEGUN = b": begun\n\n"
WHOLE_BYTES_MAX = 16 * 1024 * 1024
DOWNLOAD_NAMES = {"application/zip": b'attachment; filename="larabot-data.zip"'}
UNBUFFERED = (b"x-accel-buffering", b"no")
END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class StreamAnswer:
    """Passes a stream from the bus on, in the task that serves the request."""

    def __init__(self, request: HttpRequest, lease: StreamLease, rate_limit: RateLimitStatus, send: Send) -> None:
        self._request = request
        self._lease = lease
        self._rate_limit = rate_limit
        self._send = send
        self._started = ""
        self._is_whole = False

    async def pass_on(self, incoming: IncomingStream) -> None:
        """Pass the stream on until it ends, its reader leaves, or it is ended from our side."""
        try:
            await self._pass(incoming)
        except Refusal as refusal:
            self._lease.over()
            await incoming.cancel()
            await self._fail(refusal)
        except asyncio.CancelledError:
            if not self._lease.caused():
                raise
            # The work stops first: a browser that does not read must not keep it going.
            await incoming.cancel()
            if self._lease.refusal is not None and not self._is_whole:
                await self._fail(self._lease.refusal)
        finally:
            await incoming.cancel()

    async def _pass(self, incoming: IncomingStream) -> None:
        media_type = await incoming.begun()
        if media_type == JSON_TYPE:
            await self._send_whole(incoming)
        else:
            await self._send_streaming(media_type, incoming)

    async def _send_whole(self, incoming: IncomingStream) -> None:
        """Collect a JSON answer before its status is sent, so that a broken one is never half an object."""
        body = b""
        async for chunk in incoming:
            body += chunk
            if len(body) > WHOLE_BYTES_MAX:
                raise Refusal(ErrorKind.TOO_LARGE, "answer", limit_bytes=WHOLE_BYTES_MAX)
        self._lease.check()
        self._started = JSON_TYPE
        response = HttpResponse(200, [JSON, NO_STORE, *self._rate_limit.fields()], body)
        await self._send(start_message(response.status, response.all_fields()))
        await self._send({"type": "http.response.body", "body": body})
        self._is_whole = True

    async def _send_streaming(self, media_type: str, incoming: IncomingStream) -> None:
        await self._send(start_message(200, stream_fields(media_type, self._rate_limit)))
        self._started = media_type
        if media_type == EVENT_STREAM:
            await self._send(_part(BEGUN))
        async for chunk in incoming:
            # A cancellation can get lost in a library on its way here; what caused it does not.
            self._lease.check()
            await self._send(_part(chunk))
        await self._send(END)
        self._is_whole = True

    async def _fail(self, refusal: Refusal) -> None:
        request = self._request
        if not self._started:
            response = response_of(refusal, request.language, request.instance)
            await self._send(start_message(response.status, response.all_fields()))
            await self._send({"type": "http.response.body", "body": response.body})
            return
        if self._started != EVENT_STREAM:
            # A half download must not look whole: breaking the connection is the only honest word left.
            raise BrokenDownload
        problem = orjson.dumps(problem_of(refusal, request.language, request.instance))
        await self._send(_part(b"event: error\ndata: " + problem + b"\n\n"))
        await self._send(END)


class BrokenDownload(ConnectionError):
    """A download failed after its first byte."""


def start_message(status: int, fields: Fields) -> Message:
    """The first message of an answer."""
    return {"type": "http.response.start", "status": status, "headers": fields}


def stream_fields(media_type: str, rate_limit: RateLimitStatus) -> Fields:
    """The header fields of a streamed answer."""
    named = DOWNLOAD_NAMES.get(media_type)
    fields = [(b"content-type", media_type.encode()), NO_STORE, UNBUFFERED, *rate_limit.fields()]
    return fields if named is None else [*fields, (b"content-disposition", named)]


def _part(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}
