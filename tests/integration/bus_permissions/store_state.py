"""What stands in the store of events, as the server itself reports it."""

from typing import Any

import httpx
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from contracts.derive.streams import STREAMS
from tests.support.nats import NatsServer

# What a consumer's owner may change: how far it has come.
PROGRESS = frozenset({
    "delivered", "ack_floor", "num_ack_pending", "num_redelivered", "num_waiting", "num_pending", "ts", "cluster",
})  # fmt: skip


async def streams_and_consumers(server: NatsServer) -> dict[str, dict[str, Any]]:
    """By account and stream: its configuration, and its consumers without their progress."""
    async with httpx.AsyncClient(timeout=5) as http:
        answer = await http.get(f"{server.monitor_url}/jsz", params={"consumers": "true", "config": "true"})
    return {
        f"{account['name']}.{stream['name']}": {
            "config": stream["config"],
            "consumers": sorted(
                ({k: v for k, v in each.items() if k not in PROGRESS} for each in stream.get("consumer_detail") or ()),
                key=lambda each: str(each["name"]),
            ),
        }
        for account in answer.json()["account_details"]
        for stream in account.get("stream_detail") or ()
    }


async def messages_by_subject(admin: JetStreamContext) -> dict[str, int]:
    """How many messages are stored under each subject."""
    counts: dict[str, int] = {}
    for stream in STREAMS:
        try:
            counts |= (await admin.stream_info(stream.name, subjects_filter=">")).state.subjects or {}
        except NotFoundError:
            continue  # gone: its subjects are missing, which is what the caller compares
    return counts
