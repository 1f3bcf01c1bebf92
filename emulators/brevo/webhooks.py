"""Brevo's webhooks: the subscriptions, and the calls that the door pushes out."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp

from emulators.brevo.refusals import checked, invalid, not_found
from emulators.clock import Clock

WEBHOOKS_MOST = 40
CALL_SECONDS = 10
LOOPBACK_NAMES = {"127.0.0.1", "localhost"}
KEYS = {"url", "type", "events", "description", "auth", "headers", "batched", "domain", "channel"}
EVENTS = {
    "marketing": {
        *("spam", "opened", "click", "hardBounce", "softBounce", "unsubscribed", "listAddition", "delivered"),
        *("contactUpdated", "contactDeleted"),
    },
    "transactional": {
        *("sent", "request", "delivered", "hardBounce", "softBounce", "blocked", "spam", "invalid", "deferred"),
        *("click", "opened", "uniqueOpened", "unsubscribed"),
    },
    "inbound": {"inboundEmailProcessed"},
}
CONTACT_EVENTS = {"list_addition", "contact_updated", "contact_deleted"}
PUSH_KEYS = {"url", "token", "event", "email", "kind", "batched", "headers", "times", "payload"}


class Webhooks:
    def __init__(self) -> None:
        self._webhooks: dict[int, dict[str, Any]] = {}
        self._next = 1

    def create(self, body: Any) -> int:
        webhook = checked(body, KEYS, ["url", "events"])
        _check_events(webhook)
        if len(self._webhooks) >= WEBHOOKS_MOST:
            raise invalid("Maximum number of webhooks reached")
        number, self._next = self._next, self._next + 1
        self._webhooks[number] = {"type": "transactional", **webhook, "id": number}
        return number

    def find(self, number: str) -> dict[str, Any]:
        webhook = self._webhooks.get(int(number)) if number.isdecimal() else None
        if webhook is None:
            raise not_found("Webhook")
        return webhook

    def update(self, number: str, body: Any) -> None:
        webhook = self.find(number)
        changed = {**webhook, **checked(body, KEYS)}
        _check_events(changed)
        webhook.update(changed)

    def delete(self, number: str) -> None:
        del self._webhooks[self.find(number)["id"]]

    def all(self) -> list[dict[str, Any]]:
        return list(self._webhooks.values())

    def clear(self) -> None:
        self._webhooks.clear()
        self._next = 1


def _check_events(webhook: dict[str, Any]) -> None:
    known = EVENTS.get(webhook.get("type", "transactional"))
    if known is None:
        raise invalid("type is not valid")
    wrong = [event for event in webhook["events"] if event not in known]
    if wrong:
        raise invalid(f"{wrong[0]} is not a valid event")


def payload(order: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """What Brevo would send: three shapes, with spellings as inconsistent as the vendor's."""
    event, email, now = order["event"], order["email"], clock.now()
    seconds = int(now.timestamp())
    date = now.strftime("%Y-%m-%d %H:%M:%S")
    if event in CONTACT_EVENTS:
        shape = {
            "id": 1,
            "email": email,
            "event": event,
            "key": "emulator",
            "list_id": [2],
            "date": date,
            "ts": seconds,
        }
    elif order.get("kind") == "transactional":
        times = {"date": date, "ts": seconds, "ts_event": seconds, "ts_epoch": int(now.timestamp() * 1_000)}
        shape = {"id": 1, "event": event, "email": email, "message-id": "<1@smtp-relay.mailin.fr>", "tag": "", **times}
    else:
        times = {"date_sent": date, "date_event": date, "ts_sent": seconds, "ts_event": seconds, "ts": seconds}
        campaign = {"camp_id": 1, "campaign name": "Nyhetsbrev", "tag": ""}
        shape = {"id": 1, "event": event, "email": email, **campaign, **times}
    return {**shape, **(order.get("payload") or {})}


async def push(order: Any, clock: Clock) -> list[int]:
    """Calls the given loopback address and gives the statuses answered."""
    if not isinstance(order, dict) or set(order) - PUSH_KEYS or not {"url", "event", "email"} <= set(order):
        raise ValueError(f"a push takes url, event and email, and may take {', '.join(sorted(PUSH_KEYS))}")
    if urlsplit(order["url"]).hostname not in LOOPBACK_NAMES:
        raise ValueError("webhooks are pushed to loopback only")
    headers = {"User-Agent": "SendinBlue Webhook", **(order.get("headers") or {})}
    if order.get("token") is not None:
        headers["Authorization"] = f"Bearer {order['token']}"
    one = payload(order, clock)
    body = [one] if order.get("batched") else one
    statuses = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as caller:
        for _ in range(min(int(order.get("times", 1)), WEBHOOKS_MOST)):
            async with caller.post(order["url"], json=body, headers=headers, allow_redirects=False) as answer:
                statuses.append(answer.status)
    return statuses
