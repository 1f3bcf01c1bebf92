"""GET /healthz and /readyz: the process is alive; bus, services and migrations are ready, or what is not."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.bus import Bus
from contracts.errors import Refusal
from contracts.holder import HEALTH, SERVICES
from contracts.messages import Empty


class Readiness:
    """Asks every service; a service that answers has migrated, since it serves only after that."""

    def __init__(self, bus: Bus, failing: Callable[[], Awaitable[list[str]]]) -> None:
        self._bus = bus
        self._failing = failing
        self._asking: asyncio.Task[list[list[str]]] | None = None

    async def healthz(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """The process is alive."""
        return JSONResponse({"alive": True})

    async def readyz(self, request: Request) -> Response:  # noqa: ARG002 — a route's shape
        """200 when everything is ready; 503 with the names of what is not."""
        others = [service for service in SERVICES if service != "gateway"]
        answers = await self._answers(others)
        failing = {"gateway": own} if (own := await self._failing()) else {}
        failing |= {service: found for service, found in zip(others, answers, strict=True) if found}
        body = {"ready": not failing, "failing": failing}
        headers = {"Cache-Control": "no-store"} | ({"Retry-After": "1"} if failing else {})
        return JSONResponse(body, status_code=503 if failing else 200, headers=headers)

    async def _answers(self, services: list[str]) -> list[list[str]]:
        """Ask all; who comes meanwhile shares the round, so that probes cost no more than one at a time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all(services))
        return await asyncio.shield(self._asking)

    async def _ask_all(self, services: list[str]) -> list[list[str]]:
        return await asyncio.gather(*(self._ask(service) for service in services))

    async def _ask(self, service: str) -> list[str]:
        try:
            health = await self._bus.call(HEALTH[service], Empty())
        except Refusal as refusal:
            return [refusal.reason or refusal.kind.value]
        return health.failing
