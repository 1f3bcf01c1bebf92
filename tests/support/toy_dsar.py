"""dsar in miniature: it asks every holder to erase, tells whom, and collects the receipts."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from chassis.bus import Bus, DurableConsumer
from chassis.bus.consumers import publish_durably
from chassis.clock import Clock
from contracts.dsar import CLAIM, ERASURE_COMPLETED, ERASURE_REQUESTED, Claim, ClaimRequest, ErasureRequested
from contracts.envelope import Caller
from contracts.fulfilment import HolderReceipt as Receipt
from contracts.holder import EXPORT, ExportRequest
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from tests.support.nats import NatsServer
from tests.support.waiting import until

Whom = dict[Locator, list[str]]


class ToyDsar:
    """Every holder is told the same identifiers."""

    def __init__(self, server: NatsServer, clock_offset: timedelta = timedelta()) -> None:
        self._server = server
        self._clock = Clock(clock_offset.total_seconds())
        self.bus = Bus("dsar", self._clock)
        self.receipts: dict[tuple[str, str], dict[str, Any]] = {}
        self._claims: dict[str, Claim] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.bus.open(self._server.servers, self._server.seed("dsar"), self._server.seed("dsar", "EVENTS"))
        await self.bus.serve(CLAIM, self._claim)
        await self.bus.serving()
        consumer = DurableConsumer(self.bus, ERASURE_COMPLETED, "dsar", self._completed)
        self._task = asyncio.create_task(consumer.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.bus.close()

    async def export(self, service: str, whom: Whom) -> dict[str, list[dict[str, Any]]]:
        """A person's rows by store."""
        page = await self.bus.call(EXPORT[service], ExportRequest(locators=whom))
        return {store.store: store.rows for store in page.stores}

    async def erase(self, whom: Whom) -> str:
        """Ask for an erasure; its id."""
        erasure_id = new_id()
        now = datetime.fromtimestamp(self._clock.unix_milliseconds() / 1000, UTC)
        self._claims[erasure_id] = Claim(done=False, locators=whom, requested_at=now, sequence=len(self._claims) + 1)
        event = ErasureRequested(erasure_id=erasure_id).model_dump_json().encode()
        await publish_durably(self.bus, ERASURE_REQUESTED.subject, event, erasure_id)
        return erasure_id

    async def receipt(self, erasure_id: str, holder: str, within_seconds: float = 15) -> dict[str, Any]:
        """The body of a holder's receipt, once it is there."""
        return await until(lambda: self.receipts.get((erasure_id, holder)), within_seconds)

    async def _claim(self, request: ClaimRequest, caller: Caller) -> Claim:
        return self._claims[request.erasure_id]

    async def _completed(self, receipt: Receipt, holder: str) -> None:
        self.receipts[str(receipt.body["erasure_id"]), str(receipt.body["holder"])] = receipt.body
