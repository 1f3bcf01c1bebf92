"""Tells every gateway which sessions have ended, before the answer goes out."""

from collections.abc import Sequence

from chassis.bus import Bus
from contracts.auth import SESSIONS_REVOKED, SessionsRevoked


class SignalledRevocations:
    """The port `Revocations` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def announce(self, account_id: str, session_ids: Sequence[str] = ()) -> None:
        await self._bus.signal(SESSIONS_REVOKED, SessionsRevoked(account_id=account_id, session_ids=list(session_ids)))
