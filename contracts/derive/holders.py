"""The holders whose receipts an erasure must collect, with what each service declares that it holds."""

from collections.abc import Mapping
from typing import Any

from contracts.holder import HOLDERS, RECIPIENT_HOLDERS, service_of


def holders_document(inventories: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The list of holders, and the inventory of each service that has one."""
    return {
        "holders": [
            {"holder": holder, "service": service_of(holder), "recipient": holder in RECIPIENT_HOLDERS}
            for holder in HOLDERS
        ],
        "inventories": dict(sorted(inventories.items())),
    }
