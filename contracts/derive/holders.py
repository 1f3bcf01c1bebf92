"""The holders whose receipts an erasure must collect, with what each service declares that it holds."""

from collections.abc import Mapping
from typing import Any

from contracts.holder import SERVICES


def holders_document(inventories: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The list of holders, recipients last, and the inventory of each service."""
    recipients = [
        {"holder": part["holder"], "service": service, "recipient": True}
        for service in SERVICES
        for part in inventories[service]["holders"]
        if part["recipient"]
    ]
    own = [{"holder": service, "service": service, "recipient": False} for service in SERVICES]
    return {"holders": own + recipients, "inventories": dict(sorted(inventories.items()))}
