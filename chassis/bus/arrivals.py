"""How old a request is when it arrives, though no two hosts' clocks agree.

A request says for how long its caller waits and when, by the caller's clock, it was sent. What it shows here is the
difference of two clocks plus the time on its way. The smallest difference of the last moments is taken for that of the
clocks (the minimum filter of Internet time keeping, RFC 5905 section 10); what a message shows beyond it, it has
waited. So a caller whose clock is wrong is served like any other, and one whose clock jumps is after `WINDOW_SECONDS`.
"""

from collections import OrderedDict
from dataclasses import dataclass

from chassis.telemetry import Log

WINDOW_SECONDS = 10.0
SKEW_SECONDS = 2.0
NAMED_AGAIN_SECONDS = 600.0
SENDERS_MAX = 256

log = Log("clocks")


@dataclass(slots=True)
class _Sender:
    window_ends: float
    least: float
    least_before: float
    named_at: float = -NAMED_AGAIN_SECONDS


class Arrivals:
    """Remembers, for each instance of a caller, how its clock differs from ours."""

    def __init__(self) -> None:
        self._senders: OrderedDict[str, _Sender] = OrderedDict()

    def age_seconds(self, inbox: str, difference: float, now: float) -> float:
        """How long a message waited on its way.

        `inbox` is where its reply goes (`_INBOX.<service>.<instance>…`), `difference` our wall clock less the time
        when it was sent, `now` a clock that never jumps; all in seconds.
        """
        _, service, instance = inbox.split(".", 3)[:3]
        sender = self._senders.get(instance)
        if sender is None:
            sender = self._senders[instance] = _Sender(now + WINDOW_SECONDS, difference, difference)
            if len(self._senders) > SENDERS_MAX:
                self._senders.popitem(last=False)
        elif now > sender.window_ends:
            sender.least_before, sender.least = sender.least, difference
            sender.window_ends = now + WINDOW_SECONDS
        elif difference < sender.least:
            sender.least = difference
        least = min(sender.least, sender.least_before)
        if abs(least) > SKEW_SECONDS and now - sender.named_at > NAMED_AGAIN_SECONDS:
            sender.named_at = now
            log.warning("clocks differ", service=service, seconds=round(least, 1))
        return difference - least
