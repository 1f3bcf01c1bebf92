"""What SDKs send to PostHog, in its several wrappings, read into events."""

import base64
import gzip
import json
import zlib
from typing import Any
from urllib.parse import parse_qs

BATCH_KEYS = {"api_key", "token", "batch", "historical_migration", "sent_at", "capture_internal"}
EVENT_KEYS = {
    *("event", "distinct_id", "uuid", "timestamp", "properties", "type", "library", "library_version"),
    *("$set", "$set_once", "offset", "groups", "context", "message_id", "send_feature_flags"),
}
EVENTS_MOST = 1_000
UNPACKED_MOST = 20 * 1024 * 1024


class Unreadable(ValueError):
    """The body is none that PostHog would take."""


def read(body: bytes, compression: str, content_type: str) -> tuple[str, list[dict[str, Any]]]:
    """The project key and the events."""
    content = _content(body, compression, content_type)
    if isinstance(content, list):
        content = {"batch": content}
    if not isinstance(content, dict):
        raise Unreadable("the body is no JSON object")
    events = content["batch"] if "batch" in content else [_single(content)]
    _check("batch" in content, content, events)
    return _key(content, events), events


def _content(body: bytes, compression: str, content_type: str) -> Any:
    if compression.startswith("gzip") or body[:2] == b"\x1f\x8b":
        body = _unpacked(body)
    try:
        if content_type.startswith("application/x-www-form-urlencoded") and body.startswith(b"data="):
            body = parse_qs(body.decode())["data"][0].encode()
        if compression == "base64" or body[:1] not in {b"{", b"["}:
            body = base64.b64decode(body)
        return json.loads(body)
    except ValueError as wrong:
        raise Unreadable("the body is no JSON") from wrong


def _unpacked(body: bytes) -> bytes:
    try:
        unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, UNPACKED_MOST)
    except (zlib.error, gzip.BadGzipFile) as wrong:
        raise Unreadable("the body is no gzip") from wrong
    return unpacked


def _single(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in {"api_key", "token", "sent_at"}}


def _check(batch: bool, content: dict[str, Any], events: Any) -> None:
    if batch and set(content) - BATCH_KEYS:
        raise Unreadable(f"unknown key {min(set(content) - BATCH_KEYS)}")
    if not isinstance(events, list) or not 0 < len(events) <= EVENTS_MOST:
        raise Unreadable("batch takes 1 to 1000 events")
    for event in events:
        if not isinstance(event, dict) or not event.get("event"):
            raise Unreadable("an event needs a name")
        if set(event) - EVENT_KEYS:
            raise Unreadable(f"unknown key {min(set(event) - EVENT_KEYS)}")
        if distinct_id(event) is None:
            raise Unreadable("an event needs a distinct_id")


def distinct_id(event: dict[str, Any]) -> str | None:
    found = event.get("distinct_id") or (event.get("properties") or {}).get("distinct_id")
    return None if found is None else str(found)


def _key(content: dict[str, Any], events: list[dict[str, Any]]) -> str:
    within = (events[0].get("properties") or {}).get("token")
    return str(content.get("api_key") or content.get("token") or within or "")
