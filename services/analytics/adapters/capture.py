"""Events to PostHog through its SDK, out of a queue of our own from which a withdrawal can still take them.

The SDK adds what describes the sender (its system, its version); only what is on our list passes. What PostHog did
not take is sent again a few times, under the same uuid. The SDK is imported with the first event.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chassis.telemetry import Log
from chassis.worker import AT_ONCE, Worker
from services.analytics.domain.events import Event

if TYPE_CHECKING:
    from posthog import AsyncPosthog

QUEUE_MAX = 2_000
BATCH_MAX = 100
SENDINGS_MAX = 9  # a batch of a hundred is down to one event at the eighth
FLUSH_SECONDS = 0.5
TROUBLE_SECONDS = 2.0
CALL_SECONDS = 5.0
END_SECONDS = 3.0  # for each, so that a recipient that does not answer holds up nobody's end for long

# A profile is always made, since PostHog deletes by person: what has none could not be deleted.
CONSTANTS: Mapping[str, Any] = {"$geoip_disable": True, "$process_person_profile": True}
MEMBERS = frozenset({"event", "distinct_id", "uuid", "timestamp", "properties"})

log = Log("capture")


class PostHogCapture:
    """A bounded queue and the loop that empties it. `properties` are the names that may be told."""

    def __init__(self, host: str, project_token: str, properties: frozenset[str]) -> None:
        self._host = host
        self._project_token = project_token
        self._passing = properties | frozenset(CONSTANTS)
        self._queue: deque[Event] = deque()
        self._underway: dict[str, Event] = {}
        self._refused: set[str] = set()
        self._sendings: Counter[str] = Counter()
        self._batch_max = BATCH_MAX
        self._sending = asyncio.Lock()
        self._worker = Worker("capture", self._step)
        self._client: AsyncPosthog | None = None

    def record(self, event: Event) -> None:
        if len(self._queue) >= QUEUE_MAX:
            log.warning("event dropped", reason="queue-full", vendor="posthog")
            return
        self._queue.append(event)
        self._worker.wake()

    def purge(self, visitor_id: str) -> None:
        self._queue = deque(event for event in self._queue if event.visitor_id != visitor_id)
        self._underway = {uuid: event for uuid, event in self._underway.items() if event.visitor_id != visitor_id}

    async def run(self) -> None:
        """Send until cancelled."""
        await self._worker.run()

    async def _step(self) -> float | None:
        if not self._queue:
            return None
        await asyncio.sleep(FLUSH_SECONDS)  # what comes together is sent together
        if not await self.flush():
            await asyncio.sleep(TROUBLE_SECONDS)
        return AT_ONCE

    async def close(self) -> None:
        """Send what is under way and what still waits, if that is quick."""
        try:
            async with asyncio.timeout(END_SECONDS), self._sending:
                pass
            async with asyncio.timeout(END_SECONDS):
                while self._queue and await self.flush():
                    pass
                if self._client is not None:
                    await self._client.shutdown()
        except TimeoutError:
            log.warning("events lost at the end", count=len(self._queue), vendor="posthog")

    async def flush(self) -> bool:
        """Send one batch; False if PostHog did not take it all."""
        async with self._sending:
            return await self._flush()

    async def _flush(self) -> bool:
        client = self._posthog()
        self._underway = {event.uuid: event for event in self._next_batch()}
        self._refused.clear()
        for event in self._underway.values():
            properties = {**event.properties, **CONSTANTS}
            client.capture(
                event.name,
                distinct_id=event.distinct_id,
                properties=properties,
                timestamp=event.at,
                uuid=event.uuid,
            )
        await client.flush(CALL_SECONDS * 2)
        refused = [event for uuid, event in self._underway.items() if uuid in self._refused]
        sent, self._underway = len(self._underway), {}
        # Half as many the next time: one event that PostHog does not take must not cost those beside it.
        self._batch_max = max(1, sent // 2) if refused else BATCH_MAX
        self._send_again(refused)
        return not refused

    def _next_batch(self) -> list[Event]:
        return [self._queue.popleft() for _ in range(min(self._batch_max, len(self._queue)))]

    def _send_again(self, refused: list[Event]) -> None:
        self._sendings += Counter(event.uuid for event in refused)
        again = [event for event in refused if self._sendings[event.uuid] < SENDINGS_MAX]
        if len(again) < len(refused):
            log.warning("events dropped", count=len(refused) - len(again), vendor="posthog")
        self._queue.extendleft(reversed(again))
        waiting = {event.uuid for event in self._queue}
        self._sendings = Counter({uuid: count for uuid, count in self._sendings.items() if uuid in waiting})

    def _posthog(self) -> "AsyncPosthog":
        if self._client is None:
            from posthog import AsyncPosthog  # noqa: PLC0415 — see the module's docstring

            self._client = AsyncPosthog(
                self._project_token,
                host=self._host,
                max_queue_size=BATCH_MAX,
                flush_at=BATCH_MAX,
                flush_interval=FLUSH_SECONDS,
                max_retries=0,
                timeout=CALL_SECONDS,
                disable_geoip=True,
                before_send=self._reduced,
                on_error=self._note_refused,
            )
        return self._client

    async def _reduced(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """What may leave of a message; nothing at all if its visitor withdrew a moment ago."""
        if message.get("uuid") not in self._underway:
            return None
        properties = {name: value for name, value in message["properties"].items() if name in self._passing}
        return {**{name: value for name, value in message.items() if name in MEMBERS}, "properties": properties}

    async def _note_refused(self, error: Exception, batch: list[dict[str, Any]]) -> None:
        log.warning("events not taken", count=len(batch), status=getattr(error, "status", 0) or 0, vendor="posthog")
        self._refused |= {str(message["uuid"]) for message in batch}
