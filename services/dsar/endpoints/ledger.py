"""The ledger as services ask it before they serve, and as dsar asks itself."""

import asyncio

from chassis.telemetry import Log
from contracts.envelope import Caller
from contracts.errors import Refusal
from contracts.ledger import LedgerPage, LedgerPlace, Matches, MatchRequest
from services.dsar.ports import Ledger, LedgerStream
from services.dsar.usecases.match_ledger import MatchLedger

PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.2, 5.0

log = Log("ledger")


class LedgerEndpoints:
    """What other services are answered."""

    def __init__(self, ledger: Ledger, matching: MatchLedger) -> None:
        self._ledger = ledger
        self._matching = matching

    async def read(self, request: LedgerPlace, caller: Caller) -> LedgerPage:  # noqa: ARG002 — a handler's shape
        return await self._ledger.read(request.after)

    async def match(self, request: MatchRequest, caller: Caller) -> Matches:  # noqa: ARG002 — a handler's shape
        return await self._matching.match(request)


class OwnLedger:
    """The same for dsar itself, without the bus."""

    def __init__(self, ledger: Ledger, matching: MatchLedger) -> None:
        self._ledger = ledger
        self._matching = matching

    async def read(self, place: LedgerPlace) -> LedgerPage:
        return await self._ledger.read(place.after)

    async def match(self, request: MatchRequest) -> Matches:
        return await self._matching.match(request)


class Reconciling:
    """At the start, before anything else: database and stream of the ledger are brought to hold the same."""

    def __init__(self, ledger: Ledger, stream: LedgerStream) -> None:
        self._ledger = ledger
        self._stream = stream

    async def run(self) -> None:
        """Wait for the stream for as long as it is away: a restored database must not serve without it."""
        pause = PAUSE_SECONDS
        while True:
            try:
                taken, published = await self._ledger.reconcile(await self._stream.entries())
            except Refusal as refusal:
                log.warning("waiting for the ledger's stream", error=refusal, seconds=pause)
            else:
                break
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX)
        if taken or published:
            log.warning("ledger and its stream reconciled", count=taken + published)
