"""Which golden example belongs to which message: contracts/examples/<name>.json, written by hand.

A producer's and a consumer's tests replay the same file, so that neither can drift from the other unseen.
"""

from pydantic import BaseModel

from contracts import fulfilment, holder
from contracts.messages import Done, Empty
from contracts.registry import CALLS, EVENTS
from contracts.table import AnyCall, AnyEvent

SAID_BY_ALL: tuple[AnyCall | AnyEvent, ...] = (*holder.CONTRACTS, *fulfilment.CONTRACTS)
WITHOUT_CONTENT: tuple[type[BaseModel], ...] = (Empty, Done)


def example_names() -> dict[str, type[BaseModel]]:
    """Every message that says anything, by the name of its example; what all holders answer alike has one."""
    named: dict[str, type[BaseModel]] = {}
    for call in CALLS:
        named |= {f"{owner_of(call)}.{call.name}.request": call.request}
        named |= {f"{owner_of(call)}.{call.name}.reply": call.reply}
    named |= {f"{owner_of(event)}.{event.entity}.{event.past}.event": event.model for event in EVENTS}
    return {name: model for name, model in sorted(named.items()) if model not in WITHOUT_CONTENT}


def owner_of(contract: AnyCall | AnyEvent) -> str:
    """The owner, or `holder` for what every service answers or tells."""
    return "holder" if contract in SAID_BY_ALL else contract.owner
