"""A service as a process: its logs and telemetry, its event loop, and how it leaves."""

import os
import sys
from collections.abc import Awaitable, Callable

from chassis import telemetry
from chassis.inventory import UndeclaredStore
from chassis.metrics import configure_metrics, flush_metrics
from chassis.migrations import UnknownRevision
from chassis.sealing import KeyFileRefused, WrongSealKey
from chassis.settings import Settings
from chassis.telemetry import Log, configure_logs, configure_traces

log = Log("lifecycle")


class StartRefused(Exception):
    """What the operator must set right first; the text says it, and holds no secret and no personal data."""


REFUSALS_TO_START = (StartRefused, UndeclaredStore, UnknownRevision, KeyFileRefused, WrongSealKey)


def run_process(name: str, settings: Settings, live: Callable[[], Awaitable[int]]) -> None:
    """Live, then leave with the status that this returns, or with 1 after a failure.

    Once everything is closed the process leaves at once. What libraries leave behind must not keep it: asyncio's own
    farewell waits for orphaned tasks, and nats-py may leave one that has lost its cancellation.
    """
    configure_logs(name, settings.log_level)
    configure_traces(name, settings.otlp_endpoint)
    configure_metrics(name, settings.otlp_endpoint)
    import uvloop  # noqa: PLC0415 — loaded once the settings are known to be right

    async def live_and_leave() -> None:
        status = 1
        try:
            status = await live()
        except REFUSALS_TO_START as refusal:
            sys.stderr.write(f"refusing to start: {refusal}\n")
        except Exception as error:
            log.failure("service failed", error=error)  # the process ends below, before anybody else could say it
            raise
        finally:
            flush_metrics()
            telemetry.flush()
            sys.stderr.flush()
            os._exit(status)

    uvloop.run(live_and_leave())
