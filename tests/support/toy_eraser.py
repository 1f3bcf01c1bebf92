"""A process that erases people of the toy service one after the other, and may die at a named point of the first.

    python -m tests.support.toy_eraser URL FILE COUNT [POINT PERSON]

What it publishes is appended to FILE, one receipt a line.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.support.clock import FakeClock
from tests.support.sealing import sealed_database
from tests.support.toy_service import METADATA, SERVICE, Toy

POINTS = ("deleting", "deleted", "settled", "signed", "published")


def erasure_of(number: int) -> str:
    return f"erasure-{number:010}"


def die_at(toy: Toy, point: str) -> None:
    """Have the process killed when it comes to a point."""

    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    owner, method = {
        "deleting": (toy.holder._erasure, "note"),  # rows deleted, nothing committed  # noqa: SLF001
        "deleted": (toy.database, "truncate_wal"),  # committed, the log still full
        "settled": (toy.holder, "_sign"),
        "signed": (toy.holder, "_published"),  # the receipt is stored, and in the outbox
        "published": (toy.relay, "_forget"),  # on the bus, and still in the outbox
    }[point]
    setattr(owner, method, die)


async def main(url: str, file: Path, count: int, point: str | None = None, person: int = -1) -> None:
    clock = FakeClock()
    async with sealed_database(SERVICE, METADATA, url, clock) as database:
        await erase(Toy(database, clock), file, count, point, person)


async def erase(toy: Toy, file: Path, count: int, point: str | None, person: int) -> None:
    async def publish(_subject: str, payload: bytes, _message_id: str) -> None:
        with file.open("ab") as published:
            published.write(payload + b"\n")

    toy.relay._publish = publish  # noqa: SLF001
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in range(count):
        if point is not None and number == person:
            die_at(toy, point)
        await toy.holder.erase(SERVICE, toy.ask_to_erase(f"p{number}", erasure_of(number), number))
        await toy.relay.publish_waiting()


if __name__ == "__main__":
    given = sys.argv[1:]
    dying = (given[3], int(given[4])) if len(given) > 3 else ()
    asyncio.run(main(given[0], Path(given[1]), int(given[2]), *dying))
