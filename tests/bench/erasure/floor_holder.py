"""A holder of the floor as a process of its own: NAME URL DIRECTORY."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import nats

PEOPLE = 2000


def filled(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS row (person INTEGER, text TEXT)")
    database.execute("CREATE INDEX IF NOT EXISTS by_person ON row (person)")
    database.execute("BEGIN")
    database.executemany("INSERT INTO row VALUES (?, ?)", ((n // 4, "x" * 200) for n in range(4 * PEOPLE)))
    database.execute("COMMIT")
    return database


async def run(name: str, url: str, directory: str) -> None:
    database = filled(Path(directory) / f"{name}.db")
    client = await nats.connect(url)
    stream = client.jetstream()
    asked = await stream.pull_subscribe("bench.asked", durable=name)
    while True:
        try:
            messages = await asked.fetch(16, timeout=30)
        except TimeoutError:
            continue
        for message in messages:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM row WHERE person = ?", (int(message.data),))
            database.execute("COMMIT")
            await stream.publish("bench.answered", message.data + b" " + b"x" * 1500)
            await message.ack()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
