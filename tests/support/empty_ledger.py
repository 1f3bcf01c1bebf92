"""dsar in miniature for a service that starts again on rows: nothing has been entered in the ledger."""

from types import TracebackType
from typing import Self

from chassis.bus import Bus
from chassis.clock import Clock
from contracts.envelope import Caller
from contracts.ledger import READ_LEDGER, LedgerPage, LedgerPlace
from tests.support.nats import NatsServer
from tests.support.nats_cluster import NatsCluster


class EmptyLedger:
    """Answers what every service asks before it serves."""

    def __init__(self, server: NatsServer | NatsCluster, clock: Clock) -> None:
        self._server = server
        self._bus = Bus("dsar", clock)

    async def __aenter__(self) -> Self:
        await self._bus.open(self._server.servers, self._server.seed("dsar"))
        await self._bus.serve(READ_LEDGER, self._read)
        await self._bus.serving()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._bus.close()

    async def _read(self, _place: LedgerPlace, _caller: Caller) -> LedgerPage:
        return LedgerPage(entries=[], is_last=True)
