"""Commands as dsar would issue them."""

from datetime import datetime
from typing import Any

from contracts.fulfilment import Command, CommandKind
from contracts.identifiers import new_id
from contracts.personal_data import Locator
from tests.support.clock import START


def a_command(
    locators: dict[Locator, list[str]],
    kind: CommandKind = CommandKind.ERASE,
    *,
    holders: tuple[str, ...] = ("own",),
    requested_at: datetime = START,
    sequence: int = 1,
    **members: Any,
) -> Command:
    """A command of a fresh id."""
    return Command(
        **{
            "command_id": new_id(),
            "kind": kind,
            "sequence": sequence,
            "requested_at": requested_at,
            "locators": locators,
            "holders": list(holders),
            **members,
        }
    )
