"""The figures as tables: each cell for every contestant, then our ratios beside what they must be and aim to be."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.text_path.cells import Figures
from tests.bench.text_path.figures import median_ratio

Rounds = Sequence[Mapping[str, Mapping[str, Figures]]]
"""By round, cell and contestant."""

OURS, LITELLM, NGINX, DIRECT = "ours", "litellm", "nginx", "direct"
CORE = ("gateway", "nats-server", "textproxy")


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of ours to another's, or our own figure where nobody stands beside it.

    Bounds below are upper bounds unless `more` is better. `above` takes the contestant of that name off both first.
    """

    title: str
    cell: str
    value: str
    beside: str
    must: float
    aim: float
    more: bool = False
    above: str = ""


TARGETS = (
    Target("requests/s, 16 at once", "whole-c16", "rate", LITELLM, 8, 25, more=True),
    Target("requests/s, 64 at once", "whole-c64", "rate", LITELLM, 8, 25, more=True),
    Target("CPU per request, 16 at once", "whole-c16", "cpu_s_per_1k", LITELLM, 1 / 6, 1 / 20),
    Target("CPU per request, 64 at once", "whole-c64", "cpu_s_per_1k", LITELLM, 1 / 6, 1 / 20),
    Target("CPU per paced chunk", "paced-c32", "cpu_s_per_100k", LITELLM, 1 / 8, 1 / 12),
    Target("CPU per paced chunk", "paced-c32", "cpu_s_per_100k", NGINX, 8, 5),
    Target("added time to first token, p50", "first-c1", "first_p50_ms", LITELLM, 1 / 4, 1 / 10, above=DIRECT),
    Target("32 streams at once: first token p50", "paced-c32", "first_p50_ms", NGINX, math.nan, 1.3),
    Target("32 paced streams: total time", "paced-c32", "total_s", NGINX, 1.05, 1.02),
    Target("32 paced streams: p99 gap", "paced-c32", "gap_p99_ms", NGINX, 1.5, 1.2),
    Target("cancel mid-stream, longest ms", "cancel", "mid_stream_ms", "", 100, 20),
    Target("cancel before first token, longest ms", "cancel", "before_first_ms", "", 100, 20),
    Target("cancel of a whole answer, longest ms", "cancel", "whole_ms", "", 100, 20),
    Target("idle CPU of the whole, % of a core", "idle", "idle_percent", "", math.nan, 1),
    Target("start, s", "start", "start_s", "", 5, 2.5),
    Target("peak PSS of gateway, nats-server, textproxy, MiB", "memory", "core_pss_mib", "", 220, 150),
)


def column(rounds: Rounds, cell: str, contestant: str, value: str) -> list[float]:
    """The figure of every round; NaN where it was not measured."""
    found = (one.get(cell, {}).get(contestant) for one in rounds)
    return [math.nan if figures is None else figures.values.get(value, math.nan) for figures in found]


def measured(rounds: Rounds, target: Target, ours: str) -> float:
    """What a target is held against; NaN where it was not measured."""
    mine = column(rounds, target.cell, ours, target.value)
    if not target.beside:
        known = [value for value in mine if not math.isnan(value)]
        return median(known) if known else math.nan
    theirs = column(rounds, target.cell, target.beside, target.value)
    if target.above:
        base = column(rounds, target.cell, target.above, target.value)
        mine = [one - other for one, other in zip(mine, base, strict=True)]
        theirs = [one - other for one, other in zip(theirs, base, strict=True)]
    return median_ratio(mine, theirs)


def verdict(value: float, target: Target) -> str:
    """Which bound a figure reaches."""
    if math.isnan(value):
        return "not measured"
    reached: Callable[[float], bool] = (lambda bound: value >= bound) if target.more else (lambda bound: value <= bound)
    if reached(target.aim):
        return "aim"
    if math.isnan(target.must):
        return "not the aim"
    return "must" if reached(target.must) else "MISSED"


def target_lines(rounds: Rounds, ours: str = OURS) -> Iterator[str]:
    yield f"{'':<50} {'beside':<8} {'measured':>10} {'must':>8} {'aim':>8}"
    for target in TARGETS:
        value = measured(rounds, target, ours)
        bounds = f"{short(target.must):>8} {short(target.aim):>8}"
        yield f"{target.title:<50} {target.beside:<8} {short(value):>10} {bounds}  {verdict(value, target)}"


def short(value: float) -> str:
    """A figure, or a fraction where it is a small one."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "never"
    if 0 < value < 0.8:
        return f"1/{1 / value:.3g}"
    return f"{value:.4g}" if value < 1000 else f"{value:.0f}"


def cell_lines(rounds: Rounds) -> Iterator[str]:
    """Medians of all rounds, by cell and contestant."""
    for cell in dict.fromkeys(cell for one in rounds for cell in one):
        names = dict.fromkeys(name for one in rounds for name in one.get(cell, {}))
        yield f"\n{cell}"
        for name in names:
            runs = [one[cell][name] for one in rounds if name in one.get(cell, {})]
            yield f"  {name:<9} {values_line(runs)}{errors_line(runs)}"
            shares = cpu_line(runs)
            if shares:
                yield f"  {'':<9} CPU: {shares}"


def values_line(runs: Sequence[Figures]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in medians(runs).items())


def medians(runs: Sequence[Figures]) -> dict[str, float]:
    """Of every figure over the rounds."""
    names = dict.fromkeys(name for run in runs for name in run.values)
    return {name: median(run.values.get(name, math.nan) for run in runs) for name in names}


def errors_line(runs: Sequence[Figures]) -> str:
    errors = {kind: sum(run.errors[kind] for run in runs) for run in runs for kind in run.errors}
    return f"  ERRORS {errors}" if errors else ""


def cpu_line(runs: Sequence[Figures]) -> str:
    """What each process spent, in the unit of the cell's CPU figure, and its share; client and stub come on top."""
    total = sum(run.cpu for run in runs)
    if not total:
        return ""
    unit = next((value for name, value in medians(runs).items() if name.startswith(("cpu_s_per", "idle"))), math.nan)
    names = dict.fromkeys(name for run in runs for name in run.cpu_seconds)
    sums = {name: sum(run.cpu_seconds.get(name, 0.0) for run in runs) for name in names}
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    shares = {name: seconds / total for name, seconds in ordered if seconds > total / 200}
    return "  ".join(f"{name} {short_share(share, unit)}" for name, share in shares.items())


def short_share(share: float, whole: float) -> str:
    return f"{100 * share:.1f}%" if math.isnan(whole) else f"{share * whole:.3g} ({100 * share:.0f}%)"
