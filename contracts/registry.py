"""The whole contract table, and the questions that everybody asks of it."""

from contracts import (
    analytics,
    auth,
    consent,
    dsar,
    fulfilment,
    gateway,
    holder,
    ledger,
    newsletter,
    receipt_log,
    speech,
    text,
)
from contracts.table import AnyCall, AnyEvent, Call, Contract, Event

TABLE: tuple[Contract, ...] = (
    *auth.CONTRACTS,
    *consent.CONTRACTS,
    *text.CONTRACTS,
    *speech.CONTRACTS,
    *newsletter.CONTRACTS,
    *analytics.CONTRACTS,
    *dsar.CONTRACTS,
    *receipt_log.CONTRACTS,
    *gateway.CONTRACTS,
    *holder.CONTRACTS,
    *fulfilment.CONTRACTS,
    *ledger.CONTRACTS,
)

CALLS: tuple[AnyCall, ...] = tuple(entry for entry in TABLE if isinstance(entry, Call))
EVENTS: tuple[AnyEvent, ...] = tuple(entry for entry in TABLE if isinstance(entry, Event))
ROUTES: tuple[AnyCall, ...] = tuple(call for call in CALLS if call.http is not None)
