"""Prints the tables of docs/performance.md from the figures of one or several runs of the bench.

    .venv/bin/python -m tests.bench.text_path.tables .artifacts/bench/text_path.json

Of several files, a cell is taken from the last one that holds it.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.text_path.cells import GROWTH_COUNTS, Figures
from tests.bench.text_path.report import OURS, TARGETS, Rounds, column, measured, short, verdict

CONTESTANTS = {"direct": "stub alone", "nginx": "nginx", "litellm": "LiteLLM", "ours": "ours"}
SHOWN = (
    ("whole answers, 1 at once: p50 / p99, ms", "whole-c1", ("p50_ms", "p99_ms")),
    ("16 at once: requests/s", "whole-c16", ("rate",)),
    ("16 at once: p50 / p99, ms", "whole-c16", ("p50_ms", "p99_ms")),
    ("16 at once: CPU, s per 1 000 requests", "whole-c16", ("cpu_s_per_1k",)),
    ("64 at once: requests/s", "whole-c64", ("rate",)),
    ("64 at once: p50 / p99, ms", "whole-c64", ("p50_ms", "p99_ms")),
    ("64 at once: CPU, s per 1 000 requests", "whole-c64", ("cpu_s_per_1k",)),
    ("first token, 1 stream, vendor takes 20: p50 / p99, ms", "first-c1", ("first_p50_ms", "first_p99_ms")),
    ("first token, 32 streams, vendor takes 100: p50 / p99, ms", "paced-c32", ("first_p50_ms", "first_p99_ms")),
    ("32 streams, 200 chunks each 20 ms: total, s", "paced-c32", ("total_s",)),
    ("the same: p99 gap between chunks, ms", "paced-c32", ("gap_p99_ms",)),
    ("the same: CPU, s per 100 000 chunks", "paced-c32", ("cpu_s_per_100k",)),
    ("32 streams without pauses: streams/s", "flood-c32", ("streams_per_s",)),
    ("the same: CPU, s per 100 000 chunks", "flood-c32", ("cpu_s_per_100k",)),
    ("cancel mid-stream: longest, ms", "cancel", ("mid_stream_ms",)),
    ("before the first token", "cancel", ("before_first_ms",)),
    ("of a whole answer", "cancel", ("whole_ms",)),
    ("idle CPU, % of a core", "idle", ("idle_percent",)),
    ("start, s", "start", ("start_s",)),
    ("peak PSS, MiB (ours: gateway, nats-server, textproxy)", "memory", ("core_pss_mib",)),
)  # fmt: skip
BY_PROCESS = (
    ("whole-c16", "cpu_s_per_1k", "ms per request"),
    ("paced-c32", "cpu_s_per_100k", "s per 100 000 paced chunks"),
    ("flood-c32", "cpu_s_per_100k", "s per 100 000 flooded chunks"),
    ("idle", "idle_percent", "% of a core when idle"),
)
NOTHING = 0.001


def main() -> None:
    files = [json.loads(Path(name).read_text()) for name in sys.argv[1:]]
    cells: dict[str, Rounds] = {}
    for content in files:
        rounds = rounds_of(content)
        cells |= {cell: rounds for this in rounds for cell in this}
    print(f"Measured at {', '.join(dict.fromkeys(content['commit'] for content in files))}.\n")
    for table in (targets, figures, by_process, growth):
        print("\n".join(table(cells)), end="\n\n")


def rounds_of(content: Mapping[str, Any]) -> Rounds:
    """What a run wrote, as it was measured."""
    return [
        {
            cell: {
                name: Figures(one["values"], one["cpu_seconds"], Counter(one["errors"]))
                for name, one in by_name.items()
            }
            for cell, by_name in this.items()
        }
        for this in content["rounds"]
    ]


def row(*fields: str) -> str:
    return f"| {' | '.join(fields)} |"


def heading(*fields: str) -> Iterator[str]:
    yield row(*fields)
    yield row(*("---" for _ in fields))


def targets(cells: Mapping[str, Rounds]) -> Iterator[str]:
    yield from heading("ours, as a multiple of", "", "measured", "must", "aim", "reached")
    for target in TARGETS:
        value = measured(cells.get(target.cell, []), target, OURS)
        beside = CONTESTANTS.get(target.beside, "itself")
        yield row(target.title, beside, short(value), short(target.must), short(target.aim), verdict(value, target))


def known(values: Sequence[float]) -> float:
    """The median of what was measured; NaN of nothing."""
    found = [value for value in values if not math.isnan(value)]
    return median(found) if found else math.nan


def figure(value: float) -> str:
    if math.isnan(value) or value == 0:
        return "-"
    if math.isinf(value):
        return "never"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def figures(cells: Mapping[str, Rounds]) -> Iterator[str]:
    yield from heading("", *CONTESTANTS.values())
    for title, cell, values in SHOWN:
        rounds = cells.get(cell, [])
        shown = (
            " / ".join(figure(known(column(rounds, cell, name, value))) for value in values)
            + errors(rounds, cell, name)
            for name in CONTESTANTS
        )
        yield row(title, *shown)


def errors(rounds: Rounds, cell: str, name: str) -> str:
    """How many answers failed, where some did."""
    count = sum(this[cell][name].errors.total() for this in rounds if name in this.get(cell, {}))
    return f" ({count} failed)" if count else ""


def by_process(cells: Mapping[str, Rounds]) -> Iterator[str]:
    """Our processes' parts of a cell's CPU figure."""
    columns = [shares(cells.get(cell, []), cell, value) for cell, value, _ in BY_PROCESS]
    yield from heading("process", *(title for _, _, title in BY_PROCESS))
    names = dict.fromkeys(name for one in columns for name in sorted(one, key=lambda name, one=one: -one[name]))  # type: ignore[misc]
    for name in names:
        if all(one.get(name, 0.0) < NOTHING for one in columns):
            continue
        yield row(name, *(figure(one.get(name, math.nan)) for one in columns))


def shares(rounds: Rounds, cell: str, value: str) -> dict[str, float]:
    runs = [this[cell][OURS] for this in rounds if OURS in this.get(cell, {})]
    whole, total = known(column(rounds, cell, OURS, value)), sum(run.cpu for run in runs)
    names = dict.fromkeys(name for run in runs for name in run.cpu_seconds if not name.startswith("("))
    return {name: whole * sum(run.cpu_seconds.get(name, 0.0) for run in runs) / total for name in names if total}


def growth(cells: Mapping[str, Rounds]) -> Iterator[str]:
    names = [name for name in CONTESTANTS if name != "direct"]
    titles = [f"{CONTESTANTS[name]}: {what}" for name in names for what in ("CPU s/100 000 chunks", "first p50, ms")]
    yield from heading("streams at once", *titles)
    for count in GROWTH_COUNTS:
        cell = f"growth-c{count}"
        rounds = cells.get(cell, [])
        values = (
            figure(known(column(rounds, cell, name, value)))
            for name in names
            for value in ("cpu_s_per_100k", "first_p50_ms")
        )
        yield row(str(count), *values)


if __name__ == "__main__":
    main()
