"""Emulators lent to tests: one of their own, or one shared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.emulators.running import Running, start


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts emulators for one test."""
    running: list[Running] = []

    def begin(name: str, *arguments: str) -> Running:
        running.append(start(name, tmp_path, *arguments))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Running]]:
    """One process for many tests; each test begins with a reset."""
    running: dict[str, Running] = {}

    def lend(name: str) -> Running:
        if name not in running:
            running[name] = start(name, tmp_path_factory.mktemp(name))
        running[name].post("/__emu/reset")
        return running[name]

    yield lend
    for one in running.values():
        one.stop()
