"""The ledger's copy in a stream of the bus."""

from chassis.bus import Bus
from contracts.ledger import LEDGER_ENTERED, Entry


class BusLedgerStream:
    """Reads the stream from its beginning."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def entries(self) -> dict[str, Entry]:
        """All that it keeps, by command. Raises Refusal: the bus is away."""
        return {entry.command_id: entry async for entry in self._bus.stored(LEDGER_ENTERED)}
