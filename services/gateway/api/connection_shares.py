"""Who may hold how many connections, and which of them go when there are too many.

No address may hold more than half of all. When its half or the whole is full, a new connection takes the place of one
that does nothing: of the address itself, or else of the one that holds most. Idle ones go first, then those that are
slow to send or to read; one whose answer is being made is left alone. Why not a proxy: docs/decisions.
"""

import ipaddress
from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol

from services.gateway.domain import network_of

CONNECTIONS_MAX = 2000
SHARE_MAX = CONNECTIONS_MAX // 2


class Activity(IntEnum):
    """What a connection does, the most dispensable first."""

    IDLE = 0
    SLOW = 1
    WORKING = 2


class Holder(Protocol):
    """A connection, as the shares see it."""

    @property
    def activity(self) -> Activity:
        """What it does now."""

    def leave(self) -> None:
        """Close at once."""


class ConnectionShares:
    """Every open connection, by the address that holds it.

    A trusted proxy's connections carry many visitors, so they count towards the whole only; the proxy itself must
    bound what one visitor may hold (docs/installation.md).
    """

    def __init__(self, trusted_proxies: str = "") -> None:
        self._trusted = [ipaddress.ip_network(entry.strip()) for entry in trusted_proxies.split(",") if entry.strip()]
        self._by_address: dict[str, dict[Holder, None]] = {}  # oldest first
        self._total = 0

    def enter(self, holder: Holder, address: str) -> bool:
        """Take a connection in; False where there is no place for it, since all others are at work."""
        network = network_of(address)
        held = self._by_address.setdefault(network, {})
        held[holder] = None
        self._total += 1
        if len(held) > SHARE_MAX and not self._is_trusted(address):
            return self._make_room(held, holder)
        if self._total > CONNECTIONS_MAX:
            return any(self._make_room(heavy, holder) for heavy in self._heaviest())
        return True

    def exit(self, holder: Holder, address: str) -> None:
        """Forget a connection; safe to repeat."""
        network = network_of(address)
        held = self._by_address.get(network, {})
        if holder in held:
            del held[holder]
            self._total -= 1
        if not held:
            self._by_address.pop(network, None)

    def _heaviest(self) -> Iterable[dict[Holder, None]]:
        return sorted(self._by_address.values(), key=len, reverse=True)

    def _make_room(self, held: dict[Holder, None], newcomer: Holder) -> bool:
        for activity in (Activity.IDLE, Activity.SLOW):
            for holder in held:
                if holder is not newcomer and holder.activity is activity:
                    holder.leave()
                    return True
        return False

    def _is_trusted(self, address: str) -> bool:
        if not self._trusted:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
