"""What a person does with dsar, through a gateway in miniature."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import orjson

from chassis.bus import Bus
from contracts.dsar import CASE, CERTIFICATE, OPEN, Case, Opened
from contracts.envelope import Caller, Envelope
from contracts.errors import Refusal
from contracts.table import AnyStream
from tests.integration.emulators.running import Running
from tests.support.running_service import BusClient, RunningService
from tests.support.toy_holders import ToyHolders

WITHIN_SECONDS = 30


@dataclass
class Dsar:
    service: RunningService
    gateway: BusClient
    holders: ToyHolders
    sink: Running

    @property
    def bus(self) -> Bus:
        return self.holders.buses["gateway"]

    async def ask(self, call: Any, body: dict[str, Any] | None = None, **caller: Any) -> Any:
        """A parsed answer."""
        envelope = Envelope(caller=Caller(service="gateway", **caller))
        answer = await self.bus.request(call, envelope, orjson.dumps(body or {}))
        return call.reply.model_validate_json(answer.body)

    async def open(self, account_id: str, right: str, **caller: Any) -> Opened:
        caller = {"account_id": account_id, "visitor_id": f"visitor-{account_id}", "fresh": True, **caller}
        opened: Opened = await self.ask(OPEN, {"right": right}, **caller)
        return opened

    async def case(self, opened: Opened) -> Case:
        """As whoever holds the mailed link sees it."""
        case: Case = await self.ask(CASE, {"id": opened.id}, case_secret=opened.case_secret)
        return case

    async def until(self, opened: Opened, state: str, within_seconds: float = WITHIN_SECONDS) -> Case:
        async with asyncio.timeout(within_seconds):
            while True:
                with contextlib.suppress(Refusal):  # away for a moment: a person asks again
                    case = await self.case(opened)
                    if case.state == state:
                        return case
                await asyncio.sleep(0.05)

    async def streamed(self, stream: AnyStream, body: dict[str, Any] | None = None, **caller: Any) -> bytes:
        envelope = Envelope(caller=Caller(service="gateway", **caller))
        incoming = await self.bus.stream(stream, envelope, orjson.dumps(body or {}))
        return b"".join([chunk async for chunk in incoming])

    async def certificate(self, opened: Opened, form: str = "json") -> bytes:
        return await self.streamed(CERTIFICATE, {"id": opened.id, "form": form}, case_secret=opened.case_secret)

    def letters(self, address: str) -> list[dict[str, Any]]:
        """What the address has received, oldest first."""
        return [letter for letter in self.sink.get("/messages") if address in letter["to"]]

    async def until_letters(self, address: str, count: int, within_seconds: float = 15) -> list[dict[str, Any]]:
        async with asyncio.timeout(within_seconds):
            while len(found := self.letters(address)) < count:
                await asyncio.sleep(0.05)
        return found
