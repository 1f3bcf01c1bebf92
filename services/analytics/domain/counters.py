"""Anonymous counters: sums over a quarter of an hour in memory, and no cell with fewer than ten uses."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=15)
CELL_MIN = 10
CELLS_MAX = 500
OTHER = "other"
WORD = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")

Cell = tuple[str, str]
"""Tool and outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCount:
    """How often a tool was used, with which outcome, within one window."""

    window_start: datetime
    tool: str
    outcome: str
    count: int


class UsageCounter:
    """Counts in memory; what is not finished when the process ends is lost, which is better than a small cell."""

    def __init__(self) -> None:
        self._windows: dict[datetime, Counter[Cell]] = {}

    def add(self, tool: str, outcome: str, uses: int, at: datetime) -> None:
        """Uses of one tool that ended alike."""
        cells = self._windows.setdefault(window_of(at), Counter())
        cell = (_word(tool), _word(outcome))
        if cell not in cells and len(cells) >= CELLS_MAX:
            cell = (OTHER, OTHER)
        cells[cell] += uses

    def finished(self, now: datetime) -> list[UsageCount]:
        """What may be written down of the windows that are over."""
        return [count for start in self._over(now) for count in large_cells(start, self._windows[start])]

    def forget_finished(self, now: datetime) -> None:
        """Drop the windows that are over, small cells included."""
        for start in self._over(now):
            del self._windows[start]

    def _over(self, now: datetime) -> list[datetime]:
        return [start for start in self._windows if start + WINDOW <= now]


def window_of(at: datetime) -> datetime:
    """When the window of a time began."""
    return datetime.fromtimestamp(at.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), UTC)


def large_cells(start: datetime, cells: Mapping[Cell, int]) -> list[UsageCount]:
    """The cells that are large enough; the small ones together, if that is large enough, and else not at all."""
    large = {cell: count for cell, count in cells.items() if count >= CELL_MIN and cell != (OTHER, OTHER)}
    rest = sum(cells.values()) - sum(large.values())
    if rest >= CELL_MIN:
        large[OTHER, OTHER] = rest
    return [
        UsageCount(window_start=start, tool=tool, outcome=outcome, count=count)
        for (tool, outcome), count in sorted(large.items())
    ]


def _word(value: str) -> str:
    return value if WORD.fullmatch(value) else OTHER
