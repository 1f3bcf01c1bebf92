"""Instruments hold numbers and words of ours, say in the log what does not move, and build nothing unless asked to."""

import logging
import subprocess
import sys

import pytest
from opentelemetry.metrics import CallbackOptions

from chassis import metrics
from chassis.metrics import Age, Counter, UndeclaredLabel


@pytest.fixture(autouse=True)
def _of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "INSTRUMENTS", [])


NO_WORDS = ["anna@skola.example", "Anna Andersson", "anna andersson", "", "a" * 41, "19121212-1212", "å"]


@pytest.mark.parametrize("value", NO_WORDS)
def test_a_label_that_could_be_somebody_is_another(value: str) -> None:
    counter = Counter("larabot.test", "1", "A test.", labels=("consumer",))
    counter.add(consumer=value)
    assert [observed.attributes for observed in counter.observations(CallbackOptions())] == [{"consumer": "other"}]


def test_a_label_that_is_not_declared_is_refused() -> None:
    with pytest.raises(UndeclaredLabel):
        Counter("larabot.test", "1", "A test.").add(account="erase-auth")


def test_there_are_never_more_series_than_a_collector_bears() -> None:
    counter = Counter("larabot.test", "1", "A test.", labels=("consumer",))
    for number in range(1000):
        counter.add(consumer=f"c{number}")
    assert counter.series == metrics.SERIES_MAX + 1
    assert counter.read(consumer="c0") == 1
    assert counter.read(consumer="other") == 1000 - metrics.SERIES_MAX


def test_what_does_not_move_is_in_the_log_once_and_so_is_its_moving_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "larabot")
    age = Age("larabot.age", "A test.", late_seconds=30, labels=("stage",))
    for seconds in (10.0, 31.0, 36.0, 41.0):
        age.tell(seconds, stage="gather")
    assert [record.message for record in caplog.records] == ["nothing moves"]
    age.tell(0.0, stage="gather")
    age.tell(0.0, stage="gather")
    assert [record.message for record in caplog.records] == ["nothing moves", "moving again"]
    assert age.read(stage="gather") == 0


def test_without_an_endpoint_not_even_the_library_is_loaded() -> None:
    code = (
        "import sys\nfrom chassis.metrics import DEAD_LETTERS, configure_metrics, flush_metrics\n"
        "configure_metrics('auth', None)\nDEAD_LETTERS.add(consumer='erase-auth')\nflush_metrics()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk.metrics')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
