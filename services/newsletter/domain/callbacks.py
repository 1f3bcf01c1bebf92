"""What Brevo's call-backs mean. Their spellings differ between products, and `email` may be a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

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
# Brevo tells whole seconds of its own clock.
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


def read_callback(content: Mapping[str, Any]) -> Callback | None:
    """An event that concerns us; None for any other, known or unknown."""
    name = str(content.get("event", ""))
    addresses = _addresses(content.get("email"))
    if not addresses or (name not in ENDINGS and name not in ADDITIONS):
        return None
    source = content.get("message-id") or content.get("camp_id") or content.get("list_id") or ""
    moment = content.get("ts_event") or content.get("ts") or content.get("date") or ""
    return Callback(
        identity="|".join([name, *addresses, str(source), str(moment)]),
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


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
