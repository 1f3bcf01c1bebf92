"""The bench's arithmetic, by values worked out by hand."""

import math

import pytest

from tests.bench.text_path.cells import Figures
from tests.bench.text_path.client import Answer
from tests.bench.text_path.figures import gaps, median_ratio, per, percentile
from tests.bench.text_path.load import fault_of
from tests.bench.text_path.orders import Order, order_in
from tests.bench.text_path.profile import top
from tests.bench.text_path.report import Target, measured, verdict
from tests.bench.text_path.tables import errors, rounds_of, shares

LEAST = Target("least", "cell", "rate", "litellm", must=8, aim=25, more=True)
MOST = Target("most", "cell", "rate", "litellm", must=1 / 4, aim=1 / 10, above="direct")


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 3), (80, 4), (81, 5), (99, 5), (100, 5)])
def test_a_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([5, 1, 4, 2, 3], percent) == value


def test_a_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile([], 50))


def test_ratios_are_made_within_a_round() -> None:
    assert median_ratio([10, 40, 90], [1, 2, 3]) == 20


def test_a_round_without_a_figure_gives_no_ratio() -> None:
    assert median_ratio([10, math.nan, 30], [1, 2, math.nan]) == 10
    assert math.isnan(median_ratio([1], [0]))


def test_chunks_of_one_read_arrive_together() -> None:
    assert gaps([(1.0, 1), (1.5, 3), (2.5, 0), (3.5, 1)]) == [0.5, 0.0, 0.0, 2.0]
    assert gaps([]) == []


def test_cost_per_unit() -> None:
    assert per(0.5, 250, 1000) == 2
    assert math.isnan(per(0.5, 0, 1000))


@pytest.mark.parametrize("order", [Order(), Order(stream=True, chunks=7, first=0.1, pace=0.02, tag="a-1")])
def test_an_order_survives_the_way_in_a_text(order: Order) -> None:
    body = f'{{"stream": {str(order.stream).lower()}, "content": "{order.text()}"}}'.encode()
    assert order_in(body) == order


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(0.0, 200, arrivals=[(1.0, 2), (2.0, 1)], tail=b"data: [DONE]\n\n"), ""),
        (Answer(0.0, 200, arrivals=[(1.0, 2)], tail=b"event: done\n"), "2 chunks"),
        (Answer(0.0, 200, arrivals=[(1.0, 3)], tail=b"event: error\n"), "no end"),
        (Answer(0.0, 429), "status 429"),
    ],
)
def test_a_stream_counts_only_if_it_is_whole(answer: Answer, fault: str) -> None:
    assert fault_of(answer, Order(stream=True, chunks=3)) == fault


def test_a_target_is_held_against_ratios_within_rounds() -> None:
    rounds = [
        {"cell": {"ours": Figures({"rate": 100}), "litellm": Figures({"rate": 10}), "direct": Figures({"rate": 5})}},
        {"cell": {"ours": Figures({"rate": 45}), "litellm": Figures({"rate": 5}), "direct": Figures({"rate": 4})}},
    ]
    assert measured(rounds, LEAST, "ours") == 9.5
    assert measured(rounds, MOST, "ours") == (95 / 5 + 41 / 1) / 2
    assert math.isnan(measured(rounds[:0], LEAST, "ours"))


@pytest.mark.parametrize(
    ("target", "value", "said"),
    [(LEAST, 30, "aim"), (LEAST, 9, "must"), (LEAST, 7, "MISSED"), (MOST, 0.1, "aim"), (MOST, 0.2, "must")],
)
def test_a_verdict_names_the_bound_that_is_reached(target: Target, value: float, said: str) -> None:
    assert verdict(value, target) == said
    assert verdict(math.nan, target) == "not measured"


def test_a_profile_counts_a_function_once_per_stack() -> None:
    lines = top(["serve (a.py);serve (a.py);read (b.py) 3", "serve (a.py) 1"])
    assert lines[2].startswith(" 75.0% read (b.py)")
    assert lines[2].endswith("100.0% serve (a.py)")


def test_a_table_takes_the_process_shares_of_a_cell_and_leaves_out_client_and_stub() -> None:
    written = {"values": {"rate": 7.0}, "cpu_seconds": {"gateway": 3.0, "auth": 1.0, "(stub)": 9.0}, "errors": {"x": 2}}
    rounds = rounds_of({"rounds": [{"whole-c16": {"ours": written}}]})
    assert shares(rounds, "whole-c16", "rate") == {"gateway": 5.25, "auth": 1.75}
    assert errors(rounds, "whole-c16", "ours") == " (2 failed)"
