"""dsar's ledger, asked over the bus."""

from chassis.bus import Bus
from contracts.ledger import MATCH_LEDGER, READ_LEDGER, LedgerPage, LedgerPlace, Matches, MatchRequest


class BusLedger:
    """Asks dsar."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def read(self, place: LedgerPlace) -> LedgerPage:
        """What was entered after a sequence. Raises Refusal: dsar is away."""
        return await self._bus.call(READ_LEDGER, place)

    async def match(self, request: MatchRequest) -> Matches:
        """The commands that concern some of these identifiers. Raises Refusal: dsar is away."""
        return await self._bus.call(MATCH_LEDGER, request)
