"""A database with subject keys for a test."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import MetaData, make_url

from chassis.clock import Clock
from chassis.database import Database
from chassis.migrations import migrate
from chassis.sealing import KeyFile, Sealing, install_triggers
from chassis.sealing.columns import SEAL_MARK
from chassis.sealing.subject_keys import SealSecrets

SEAL_KEY = "5e" * 32
SEEN = 64


def sealing_for(service: str, metadata: MetaData, folder: Path, seal_key: str = SEAL_KEY) -> Sealing:
    """The subject keys of a service's database, their file in this folder."""
    return Sealing(service, metadata.tables["subject_key"], folder / f"{service}.keys", bytes.fromhex(seal_key))


@asynccontextmanager
async def sealed_database(
    service: str, metadata: MetaData, url: str, clock: Clock | None = None, migrations: Path | None = None
) -> AsyncIterator[Database]:
    """An open database with sealed columns; its key file stands beside a SQLite file, or for as long as this lasts.

    With `migrations` it is migrated; else the test makes its tables (`make_tables`).
    """
    with _folder_for_keys(url) as folder:
        sealing = sealing_for(service, metadata, folder)
        sealing.file.open()
        database = Database(url, clock, sealing.attach)
        await database.open()
        try:
            if migrations is not None:
                await migrate(database, migrations, metadata)
                await database.write(sealing.pair)
            yield database
        finally:
            await database.close()
            sealing.file.close()


async def make_tables(database: Database, metadata: MetaData) -> None:
    """All tables and triggers, without migrations."""
    await database.write(lambda session: metadata.create_all(session.connection()))
    await database.write(lambda session: install_triggers(session.connection(), metadata))


@contextmanager
def _folder_for_keys(url: str) -> Iterator[Path]:
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and place.database:
        yield Path(place.database).parent
        return
    with TemporaryDirectory(prefix="larabot-keys-") as folder:
        yield Path(folder)


def keys_left(sealing: Sealing) -> list[bytes]:
    """Every subject key that the installation still has."""
    return [sealing.file.read(cell) for cell in sealing.file.occupied()]


def keys_in(path: Path, seal_key: str, service: str) -> list[bytes]:
    """Every subject key in a service's key file; none without a file."""
    if not path.exists():
        return []
    file = KeyFile(path, SealSecrets.derived(bytes.fromhex(seal_key)).wrapping_key, service)
    file.open()
    try:
        return [file.read(cell) for cell in file.occupied()]
    finally:
        file.close()


def opened_with(raw: bytes, keys: Iterable[bytes], most: int = 400) -> bytes:
    """What becomes readable if every key is tried on every sealed value, or piece of one, that stands in raw bytes.

    AES-GCM encrypts as AES in counter mode from 2 on (NIST SP 800-38D), so a beginning opens without its tag.
    """
    ciphers = [algorithms.AES(key) for key in keys]
    found = {raw[one.end() : one.end() + SEEN]: one.end() for one in re.finditer(re.escape(SEAL_MARK), raw)}
    starts = found.values()  # of the copies of one beginning, one
    return b"\0".join(
        Cipher(aes, modes.CTR(raw[start + 4 : start + 16] + b"\0\0\0\x02"))
        .decryptor()
        .update(raw[start + 16 : start + most])
        for start in starts
        if start + 16 < len(raw)
        for aes in ciphers
    )
