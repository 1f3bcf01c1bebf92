"""What does not move is told to a collector of metrics, where there is one."""

from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.support.nats import NatsServer
from tests.support.running_service import RunningService
from tests.support.spans import SpanSink


def values(export: bytes) -> dict[str, list[float]]:
    """The metrics of an export and their values, one for each series."""
    request = ExportMetricsServiceRequest.FromString(export.partition(b"\n\n")[2])
    metrics = [
        metric for resource in request.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics
    ]
    return {
        metric.name: [point.as_double for point in (metric.gauge.data_points or metric.sum.data_points)]
        for metric in metrics
    }


async def test_the_last_values_leave_when_the_service_ends(tmp_path: Path) -> None:
    with SpanSink() as sink:
        async with NatsServer(tmp_path / "nats") as server:
            settings = {"evidence_key": "5a" * 32, "otlp_endpoint": sink.url}
            async with RunningService("consent", server, tmp_path, **settings):
                pass
        exported = [values(export) for export in sink.exports() if b"larabot.outbox" in export]
    assert exported[-1]["larabot.outbox.blocked"] == [0.0]
