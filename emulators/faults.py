"""Trouble on request: what to break, for which requests, and how often."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field, fields
from typing import Any

from aiohttp import web

FAULTS_KEPT = 100


@dataclass(slots=True)
class Fault:
    """One order of trouble; pieces are numbered from 0, `times: null` lasts until reset."""

    match: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    # Answer this instead of working; `applied` does the work first and lies about it after.
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    applied: bool = False
    # Seconds before the first byte.
    delay: float = 0.0
    # Mid-stream: wait, cut the connection, or send the vendor's own error.
    stall_after: int | None = None
    stall_seconds: float = 600.0
    reset_after: int | None = None
    error_after: int | None = None
    error: Any = None
    # Pace of a streamed answer.
    pieces: int | None = None
    pace_seconds: float | None = None
    # Vendor peculiarities, named by each emulator.
    quirk: str | None = None

    def fits(self, method: str, path: str, body: bytes) -> bool:
        found = {"method": method, "path": path, "body": body.decode("utf-8", "replace")}
        return all(
            found["method"] == wanted if key == "method" else wanted in found[key] for key, wanted in self.match.items()
        )

    async def before_piece(self, number: int, request: web.Request) -> None:
        if number == self.stall_after:
            await asyncio.sleep(self.stall_seconds)
        if number == self.reset_after:
            reset_connection(request)
            raise ConnectionResetError("connection reset as ordered")


def fault_from(order: Any) -> Fault:
    if not isinstance(order, dict):
        raise TypeError("a fault is a JSON object")
    unknown = set(order) - {known.name for known in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    match = order.get("match", {})
    if not isinstance(match, dict) or set(match) - {"method", "path", "body"}:
        raise ValueError("match takes method, path (part of it) and body (part of it)")
    return Fault(**order)


class Faults:
    """The newest order that fits a request wins, until its times are used up."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, fault: Fault) -> None:
        self._orders.insert(0, fault)
        del self._orders[FAULTS_KEPT:]

    def clear(self) -> None:
        self._orders.clear()

    def take(self, method: str, path: str, body: bytes) -> Fault:
        for fault in self._orders:
            if fault.fits(method, path, body):
                self._use(fault)
                return fault
        return Fault()

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._orders = [kept for kept in self._orders if kept is not fault]


def reset_connection(request: web.Request) -> None:
    """Send RST instead of FIN: linger for zero seconds, then drop everything."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
