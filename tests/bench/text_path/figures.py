"""The bench's arithmetic: percentiles, ratios of rounds, gaps between chunks."""

import statistics
from collections.abc import Iterable, Sequence

MARK = b"~"
"""Stands once in every chunk of text that the vendor stub sends, and nowhere else in an answer."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; NaN of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(0, int(rank) - 1)]


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of each round; rounds without both figures are left out, NaN without any.

    Ratios are made within a round because a shared machine is not equally fast in all of them.
    """
    ratios = [one / other for one, other in zip(over, under, strict=True) if one == one and other > 0]  # noqa: PLR0124
    return statistics.median(ratios) if ratios else float("nan")


def gaps(arrivals: Iterable[tuple[float, int]]) -> list[float]:
    """The seconds between a chunk and the one before it, from (time, chunks in this read).

    Chunks that one read brings together arrived together: between them lie 0 seconds.
    """
    found: list[float] = []
    last: float | None = None
    for at, count in arrivals:
        if count == 0:
            continue
        if last is not None:
            found.append(at - last)
        found.extend([0.0] * (count - 1))
        last = at
    return found


def per(amount: float, count: int, unit: int) -> float:
    """How much falls to `unit` of them, such as CPU seconds per 1 000 requests; NaN where there were none."""
    return amount * unit / count if count else float("nan")
