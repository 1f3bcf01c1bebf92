"""What tells an operator, by metric and by log, that something does not move: the instruments of all services.

An instrument is declared here or nowhere, with its unit and the labels it may bear. A label's value is a short word of
the code (a durable, a worker's name); an address, a name with a space or a capital, or a long id is counted as `other`.
Where no OTLP endpoint is set nothing is built and nothing leaves the process; the log lines come all the same. Names
follow OpenTelemetry (dots between parts, the unit beside the name: “Metrics semantic conventions”, opentelemetry.io).
"""

import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chassis.telemetry import Log

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation
    from opentelemetry.sdk.metrics import MeterProvider

EXPORT_SECONDS = 15.0
LABEL_VALUE = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
SERIES_MAX = 200
OTHER = "other"
REPEAT_SECONDS = 60.0

log = Log("metrics")

Labels = tuple[tuple[str, str], ...]

_provider: "MeterProvider | None" = None


class UndeclaredLabel(ValueError):
    """A label that the instrument does not declare."""


class _Instrument:
    """Its values by labels, kept so that an exporter, if there is one, reads them when it wants them."""

    def __init__(self, name: str, unit: str, about: str, *, labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.unit = unit
        self.about = about
        self._labels = frozenset(labels)
        self._values: dict[Labels, float] = {}
        INSTRUMENTS.append(self)

    def read(self, **labels: str) -> float:
        """The value now; 0 where none was told."""
        return self._values.get(self._series(labels), 0.0)

    @property
    def series(self) -> int:
        """How many combinations of label values there are."""
        return len(self._values)

    def observations(self, _options: "CallbackOptions") -> "Iterable[Observation]":
        """All series, for the exporter."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415 — only where something is exported

        return [Observation(value, dict(labels)) for labels, value in list(self._values.items())]

    def build(self, meter: "Meter") -> None:
        """Make it known to an exporter."""
        raise NotImplementedError

    def _series(self, labels: Mapping[str, str]) -> Labels:
        """A value that is no word of the code is `other`: to count something must never stop the work itself."""
        if set(labels) != self._labels:
            raise UndeclaredLabel(f"{self.name} bears the labels {sorted(self._labels)}")
        words = {name: value if LABEL_VALUE.fullmatch(value) else OTHER for name, value in labels.items()}
        series = tuple(sorted(words.items()))
        if series not in self._values and len(self._values) >= SERIES_MAX:
            return tuple((name, OTHER) for name, _ in series)
        return series


class Counter(_Instrument):
    """How often something happened since the process began."""

    def add(self, **labels: str) -> None:
        """Count one more.

        Raises:
            UndeclaredLabel: other labels than declared.
        """
        series = self._series(labels)
        self._values[series] = self._values.get(series, 0.0) + 1

    def build(self, meter: "Meter") -> None:
        """As an observable counter."""
        meter.create_observable_counter(self.name, [self.observations], self.unit, self.about)


class Age(_Instrument):
    """How many seconds something has been waiting; beyond `late_seconds` the log says so, once a minute."""

    def __init__(self, name: str, about: str, *, late_seconds: float, labels: tuple[str, ...] = ()) -> None:
        super().__init__(name, "s", about, labels=labels)
        self._late_seconds = late_seconds
        self._said: dict[Labels, float] = {}

    def tell(self, seconds: float, **labels: str) -> None:
        """Say how long the oldest has waited by now; 0 where nothing waits.

        Raises:
            UndeclaredLabel: other labels than declared.
        """
        series = self._series(labels)
        self._values[series] = seconds
        if seconds > self._late_seconds:
            self._say_late(series, seconds)
        elif self._said.pop(series, None) is not None:
            log.info("moving again", kind=self.name, **dict(series))

    def build(self, meter: "Meter") -> None:
        """As an observable gauge."""
        meter.create_observable_gauge(self.name, [self.observations], self.unit, self.about)

    def _say_late(self, series: Labels, seconds: float) -> None:
        now = time.monotonic()
        if now - self._said.get(series, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self._said[series] = now
            log.failure("nothing moves", error=None, kind=self.name, seconds=round(seconds), **dict(series))


class Gauge(_Instrument):
    """How many there are at the moment."""

    def tell(self, count: int, **labels: str) -> None:
        """Say how many.

        Raises:
            UndeclaredLabel: other labels than declared.
        """
        self._values[self._series(labels)] = float(count)

    def build(self, meter: "Meter") -> None:
        """As an observable gauge."""
        meter.create_observable_gauge(self.name, [self.observations], self.unit, self.about)


INSTRUMENTS: list[_Instrument] = []

OUTBOX_BLOCKED = Age(
    "larabot.outbox.blocked", "Since when the outbox cannot be published (stream full, bus or database away)",
    late_seconds=30.0,
)  # fmt: skip
PUBLISH_FAILURES = Counter("larabot.outbox.failures", "{failure}", "Attempts to publish the outbox that failed")
STEP_BLOCKED = Age(
    "larabot.worker.blocked", "Since when every try of a worker has failed", late_seconds=30.0, labels=("stage",)
)  # fmt: skip
PUT_OFF = Counter(
    "larabot.worker.put_off", "{attempt}", "Attempts at an item that failed, by the code of the reason",
    labels=("stage", "reason"),
)  # fmt: skip
DEAD_LETTERS = Counter(
    "larabot.dead_letters", "{message}", "Messages put aside for a person to look at", labels=("consumer",)
)
COMMANDS_OPEN = Gauge("larabot.commands.open", "{command}", "Commands on stored data that are under way")
COMMANDS_QUARANTINED = Gauge(
    "larabot.commands.quarantined", "{part}", "Commands, or holders' parts of them, that are tried once an hour only"
)
OLDEST_COMMAND = Age(
    "larabot.commands.oldest", "How long the oldest command on stored data has been under way",
    late_seconds=72 * 3600.0,
)  # fmt: skip


def configure_metrics(service: str, otlp_endpoint: str | None) -> None:
    """Export all instruments by OTLP every 15 seconds where an endpoint is set; else build nothing."""
    global _provider  # noqa: PLW0603 — one exporter a process, as OpenTelemetry's own global is
    if otlp_endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 — as above
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    exporter = OTLPMetricExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/metrics", timeout=5)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=EXPORT_SECONDS * 1000)
    _provider = MeterProvider([reader], resource=Resource({"service.name": service}))
    meter = _provider.get_meter("larabot")
    for instrument in INSTRUMENTS:
        instrument.build(meter)


def flush_metrics() -> None:
    """Let out the last values; at most some seconds, should the collector be away."""
    if _provider is not None:
        _provider.shutdown(timeout_millis=5000)
