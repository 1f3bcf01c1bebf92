"""One process of the platform as a value: what runs, with which environment, and how it says it is ready."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    command: tuple[str, ...]
    """An executable and its arguments or, where `is_module` says so, a Python module and its arguments."""
    is_module: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    """Answers 200 when the process serves."""

    @property
    def argv(self) -> tuple[str, ...]:
        return (sys.executable, "-u", "-m", *self.command) if self.is_module else self.command


def how_it_ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
