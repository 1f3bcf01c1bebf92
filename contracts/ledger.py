"""The ledger of commands: by keyed hashes, whom a restored copy of a database must no longer hold, or hold restricted.

dsar keeps it in its database and in a stream of its own, so that neither is lost with the other. The hashes are keyed
with a key that no backup holds. Before a service serves, it asks what was entered since it last looked, and has its
identifiers matched; they travel in memory only.
"""

from typing import Annotated

import pydantic
from pydantic import StringConstraints

from contracts.fulfilment import IDENTIFIERS_MAX, SEQUENCE_MAX, TOLD, CommandKind, Identifier
from contracts.messages import Reply, Request
from contracts.personal_data import Locator
from contracts.table import Call, Contract, Event

LEDGER = "LEDGER"
ENTRIES_MAX = 500
MATCHED_AT_ONCE_MAX = 500
HASHES_MAX = 8 * IDENTIFIERS_MAX

Sequence = Annotated[int, pydantic.Field(ge=0, le=SEQUENCE_MAX)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class KeyedHash(Reply):
    """An identifier's HMAC-SHA256 under the key of the ledger, and which kind of identifier it is."""

    kind: Locator
    hash: Hash


class Entry(Reply):
    """A command as it stands in the ledger."""

    sequence: Sequence
    command_id: str
    kind: CommandKind
    recorded_at: pydantic.AwareDatetime
    hashes: Annotated[list[KeyedHash], pydantic.Field(max_length=HASHES_MAX)]


class LedgerPlace(Request):
    """Ask for what was entered after a sequence."""

    after: Sequence


class EntryState(Reply):
    """A command of the ledger. While it is open, dsar tells its holders itself, with all identifiers."""

    sequence: Sequence
    command_id: str
    kind: CommandKind
    is_open: bool


class LedgerPage(Reply):
    """At most `ENTRIES_MAX` entries in order; `is_last`: there were no more."""

    entries: list[EntryState]
    is_last: bool


class MatchRequest(Request):
    """Identifiers that a service holds, to be compared with what was entered after a sequence."""

    after: Sequence
    identifiers: dict[Locator, Annotated[list[Identifier], pydantic.Field(max_length=MATCHED_AT_ONCE_MAX)]]


class Match(Reply):
    """A command that concerns some of them."""

    command_id: str
    sequence: Sequence
    kind: CommandKind
    requested_at: pydantic.AwareDatetime
    identifiers: dict[Locator, list[str]]


class Matches(Reply):
    """The commands that concern any of the identifiers, in the order of their coming."""

    matches: list[Match]


READ_LEDGER = Call(
    owner="dsar", name="read_ledger", request=LedgerPlace, reply=LedgerPage, callers=TOLD, personal_data=False
)
MATCH_LEDGER = Call(owner="dsar", name="match_ledger", request=MatchRequest, reply=Matches, callers=TOLD)
LEDGER_ENTERED = Event(owner="dsar", entity="command", past="entered", model=Entry, consumers=("dsar",), kept_in=LEDGER)

CONTRACTS: tuple[Contract, ...] = (READ_LEDGER, MATCH_LEDGER, LEDGER_ENTERED)
