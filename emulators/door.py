"""The control door: every emulator's requests, faults and clock, and the admission before its work."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web

from emulators.clock import Clock
from emulators.evidence import Evidence, Received
from emulators.faults import Fault, Faults, fault_from
from emulators.visitors import why_no_order, why_refused

BODY_LIMIT = 1024 * 1024

FAULT = web.RequestKey("fault", Fault)
RECEIVED = web.RequestKey("received", Received)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def connection_id(request: web.Request) -> str:
    protocol = request.protocol
    return protocol.name if isinstance(protocol, WatchedConnection) else ""


class WatchedConnection(web.RequestHandler):
    """A TCP connection with a name, which tells the evidence the moment it ends."""

    _numbers = itertools.count(1)

    def __init__(self, server: web.Server, evidence: Evidence, **settings: Any) -> None:
        super().__init__(server, **settings)
        self.name = f"c{next(self._numbers)}"
        self._evidence = evidence

    def connection_lost(self, exc: BaseException | None) -> None:
        self._evidence.connection_closed(self.name)
        super().connection_lost(exc)


class Door:
    """Holds what tests read and set; `refuse` builds an error in the vendor's own shape.

    `takes_pages`: browsers speak to this vendor, and so pages of this machine to its emulator (never to its controls).
    """

    def __init__(
        self,
        name: str,
        refuse: Callable[[int], web.Response],
        *,
        on_reset: Callable[[], None] = lambda: None,
        about: Callable[[], dict[str, Any]] = dict,
        body_limit: int = BODY_LIMIT,
        records: bool = True,
        takes_pages: bool = False,
    ) -> None:
        self.name = name
        self.clock = Clock()
        self.evidence = Evidence()
        self.faults = Faults()
        self._refuse = refuse
        self._on_reset = on_reset
        self._about = about
        self._body_limit = body_limit
        self._records = records
        self._takes_pages = takes_pages

    def application(self, routes: Iterable[web.AbstractRouteDef]) -> web.Application:
        app = web.Application(middlewares=[self._admit])
        app.add_routes(
            [
                web.get("/__emu/", self._show),
                web.get("/__emu/requests", self._requests),
                web.post("/__emu/reset", self._reset),
                web.post("/__emu/faults", self._order_fault),
                web.delete("/__emu/faults", self._clear_faults),
                web.post("/__emu/clock", self._move_clock),
                *routes,
            ]
        )
        return app

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        is_control = request.path.startswith("/__emu/")
        refusal = why_refused(request, takes_pages=self._takes_pages and not is_control)
        if refusal is None and is_control:
            refusal = why_no_order(request)
        if refusal is not None:
            return _and_close(refusal)
        if is_control:
            return await self._control(request, handler)
        received = Received(
            method=request.method,
            path=request.raw_path,
            headers=[(name.decode("latin-1"), text.decode("latin-1")) for name, text in request.raw_headers],
            connection=connection_id(request),
        )
        if self._records:
            self.evidence.arrived(received)
        request[RECEIVED] = received
        if not await self._read_body(request, received):
            return _and_close(self._refuse(413))
        request[FAULT] = self.faults.take(received.method, received.path, bytes(received.body))
        return await self._work(request, handler)

    async def _control(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ValueError, TypeError) as refusal:
            return web.json_response({"error": str(refusal)}, status=400)

    async def _read_body(self, request: web.Request, received: Received) -> bool:
        async for part in request.content.iter_any():
            if received.bytes + len(part) > self._body_limit:
                return False
            self.evidence.body_part(received, part)
        return True

    async def _work(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = request[FAULT]
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.status is None:
            return await self._answer(request, handler)
        if fault.applied:
            await self._answer(request, handler)
        return self._ordered(fault, fault.status)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            if refusal.status in {404, 405}:
                return self._refuse(refusal.status)
            raise

    def _ordered(self, fault: Fault, status: int) -> web.Response:
        if fault.body is None:
            response = self._refuse(status)
        elif isinstance(fault.body, str):
            response = web.Response(status=status, text=fault.body)
        else:
            response = web.json_response(fault.body, status=status)
        response.headers.update(fault.headers)
        return response

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "emulator": self.name,
                "requests": len(self.evidence),
                "requests_dropped": self.evidence.dropped,
                "faults": len(self.faults),
                "clock_offset_seconds": self.clock.offset_seconds,
                **self._about(),
            }
        )

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response(self.evidence.as_json())

    async def _reset(self, _: web.Request) -> web.Response:
        self.evidence.forget()
        self.faults.clear()
        self.clock.reset()
        self._on_reset()
        return web.json_response({})

    async def _order_fault(self, request: web.Request) -> web.Response:
        order = await control_json(request)
        for one in order if isinstance(order, list) else [order]:
            self.faults.add(fault_from(one))
        return web.json_response({"faults": len(self.faults)})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        return web.json_response({"faults": 0})

    async def _move_clock(self, request: web.Request) -> web.Response:
        order = await control_json(request)
        if not isinstance(order, dict) or set(order) != {"offset_seconds"}:
            raise ValueError("the clock takes offset_seconds")
        self.clock.offset_seconds = float(order["offset_seconds"])
        return web.json_response({"offset_seconds": self.clock.offset_seconds})


async def control_json(request: web.Request) -> Any:
    return json.loads(await request.read() or b"null")


def body_json(request: web.Request) -> Any:
    """The recorded body as JSON, or None where it is no JSON."""
    try:
        return json.loads(request[RECEIVED].body)
    except ValueError:
        return None


def foreign_headers(request: web.Request, namespace: tuple[str, ...], known: set[str]) -> list[str]:
    """Headers that claim to be the vendor's own and are not."""
    names = {name.lower() for name in request.headers}
    return sorted(name for name in names if name.startswith(namespace) and name not in known)


def _and_close(response: web.Response) -> web.Response:
    response.force_close()
    return response
