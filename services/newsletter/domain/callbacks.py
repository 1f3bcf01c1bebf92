"""What Brevo's call-backs mean. Their spellings differ between products, and `email` may be a list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.fields import UNSTORABLE
from services.newsletter.domain.subscriptions import Ending, normalised

ENDINGS = {
    "unsubscribe": Ending.UNSUBSCRIBED,
    "unsubscribed": Ending.UNSUBSCRIBED,
    "spam": Ending.SPAM,
    "hard_bounce": Ending.BOUNCED,
    "hardBounce": Ending.BOUNCED,
    "contact_deleted": Ending.REMOVED,
    "contactDeleted": Ending.REMOVED,
}
ADDITIONS = frozenset({"list_addition", "listAddition"})
ADDRESSES_MAX, ADDRESS_MAX = 500, 254
EVENTS_MAX = 500
DIGITS_MAX = 18  # of a whole number; Python refuses to write one of more than 4300 as text
ASIDE_KEPT = timedelta(days=90)
# Brevo gives times in whole seconds, by its own clock.
SKEW = timedelta(minutes=1)
YEAR_9999_SECONDS = 253_402_300_799


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One event of Brevo's: an ending, or (without one) an addition to a list. `identity` tells repeats apart."""

    identity: str
    addresses: tuple[str, ...]
    ending: Ending | None
    at: datetime | None

    def is_older_than(self, confirmed_at: datetime) -> bool:
        """Whether it speaks of an earlier subscription: a new double opt-in outlives an older withdrawal."""
        return self.at is not None and self.at + SKEW < confirmed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideCallback:
    """An event that can never be carried out, and why: a person has to look, and repeating it would not help.

    `identity` tells repeats apart; it may hold an address, so only its keyed hash is kept. `event` is one of our own
    names of events, or none.
    """

    identity: str
    event: str
    code: str


class UnreadableCallback(ValueError):
    """An event that concerns us and cannot be carried out; its text is the code of the reason."""


def read_body(body: str) -> tuple[list[Callback], list[AsideCallback]]:
    """The events of a webhook's body that concern us: those that can be carried out, and those that never can.

    Raises:
        ValueError: no JSON, or more than `EVENTS_MAX` events.
    """
    try:
        content = json.loads(body, parse_int=_whole)
    except RecursionError:
        raise ValueError("nested too deep") from None
    events = content if isinstance(content, list) else [content]
    if len(events) > EVENTS_MAX:
        raise ValueError("too many events")
    callbacks, aside = [], []
    for event in events:
        try:
            callback = read_callback(event)
        except UnreadableCallback as unreadable:
            aside.append(AsideCallback(identity=json.dumps(event), event=_name(event), code=str(unreadable)))
        else:
            callbacks += [] if callback is None else [callback]
    return callbacks, aside


def read_callback(content: object) -> Callback | None:
    """An event that concerns us; None for any other, known or unknown.

    Raises:
        UnreadableCallback: it is no object, or holds text that no database keeps.
    """
    if not isinstance(content, dict):
        raise UnreadableCallback("not-an-object")
    name = str(content.get("event", ""))
    addresses = _addresses(content.get("email"))
    if not addresses or (name not in ENDINGS and name not in ADDITIONS):
        return None
    source = content.get("message-id") or content.get("camp_id") or content.get("list_id") or ""
    moment = content.get("ts_event") or content.get("ts") or content.get("date") or ""
    identity = "|".join([name, *addresses, str(source), str(moment)])
    if UNSTORABLE.search(identity):
        raise UnreadableCallback("unstorable-character")
    return Callback(
        identity=identity,
        addresses=addresses,
        ending=ENDINGS.get(name),
        at=_instant(content),
    )


def _addresses(found: Any) -> tuple[str, ...]:
    each = found if isinstance(found, list) else [found]
    return tuple(
        normalised(one)
        for one in each[:ADDRESSES_MAX]
        if isinstance(one, str) and "@" in one and len(one) <= ADDRESS_MAX
    )


def _instant(content: Mapping[str, Any]) -> datetime | None:
    milliseconds = _number(content.get("ts_epoch"))
    seconds = milliseconds / 1000 if milliseconds else _number(content.get("ts_event")) or _number(content.get("ts"))
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < YEAR_9999_SECONDS else None


def _name(event: object) -> str:
    name = event.get("event") if isinstance(event, dict) else None
    return name if isinstance(name, str) and (name in ENDINGS or name in ADDITIONS) else ""


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS_MAX else float(digits)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
