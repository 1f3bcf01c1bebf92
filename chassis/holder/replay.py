"""What a restored database must be told before anybody uses it: the commands of the ledger that it has not seen.

A database that was put back from a copy holds people who were erased since, and forgets restrictions. So before a
service serves, it asks dsar's ledger what was entered since it last compared, and sets aside what it has a receipt for.
If anything remains, it has every identifier that it holds matched by dsar, and carries out what concerns somebody whom
it holds, as it would have then, but without a receipt: what is known of the person is what this database still held.
What is still open dsar tells by itself, with all identifiers; that is waited for, for a while.

A copy of the data alone holds rows whose keys were destroyed since, by an erasure among other things. Where such a row
has no readable identifier left, nobody can tell whose it is, and it goes as well.

At an ordinary start this is one question; where nobody is held, none. Somebody who came back since then is left alone:
opaque ids are never used twice, and an address counts only in rows that were made before the command.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import select

from chassis.database import Database, Session, insert_into
from chassis.holder.identifiers import HeldIdentifiers
from chassis.inventory import Inventory
from chassis.tables import StandardTables
from chassis.telemetry import Log
from contracts.errors import Refusal
from contracts.fulfilment import IDENTIFIERS_MAX, Command, CommandKind
from contracts.ledger import EntryState, LedgerPage, LedgerPlace, Match, Matches, MatchRequest

LEDGER = "ledger"
"""The row of `watermark` that says up to which sequence this database was compared."""

PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.2, 5.0
OPEN_WAITED_SECONDS, OPEN_LOOK_SECONDS = 10.0, 0.2

Question = TypeVar("Question", bound=LedgerPlace | MatchRequest)
Answer = TypeVar("Answer", bound=LedgerPage | Matches)

log = Log("replay")


class Ledger(Protocol):
    """dsar's ledger: over the bus, or in dsar itself."""

    async def read(self, place: LedgerPlace) -> LedgerPage:
        """What was entered after a sequence. Raises Refusal: it is away."""
        ...

    async def match(self, request: MatchRequest) -> Matches:
        """The commands that concern some of these identifiers. Raises Refusal: it is away."""
        ...


async def nothing_before() -> None:
    """The ledger is dsar's to keep."""


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """Whom a service asks, what it does before, and how long it waits for what dsar tells by itself."""

    ledger: Ledger
    before: Callable[[], Awaitable[None]] = nothing_before
    open_waited_seconds: float = OPEN_WAITED_SECONDS


class Replay:
    """Brings one service's database to the ledger's head; `carry_out` does a command within a transaction."""

    def __init__(
        self,
        database: Database,
        inventory: Inventory,
        tables: StandardTables,
        source: LedgerSource,
        carry_out: Callable[[Session, Command], None],
    ) -> None:
        self._database = database
        self._service = inventory.service
        self._tables = tables
        self._source = source
        self._ledger = source.ledger
        self._carry_out = carry_out
        self._held = HeldIdentifiers(database, inventory)

    async def run(self) -> None:
        """Return once the database holds nobody whom it should no longer hold, as far as the ledger knows.

        Waits for as long as dsar is away.
        """
        await self._source.before()
        if not await self._held.any():
            return
        after = await self._database.read(self._compared_to)
        entries = await self._entries(after)
        lacking = await self._database.read(self._without_receipt, entries)
        closed = {entry.command_id for entry in lacking if not entry.is_open}
        if closed:
            log.warning("replaying commands", count=len(closed))
            for match in await self._matches(after, closed):
                await self._replay(match)
            if forgotten := await self._database.write(self._held.forget_nameless):
                log.warning("rows that no key opens were deleted", count=forgotten)
            await self._database.truncate_wal()
        still_open = await self._wait_for([entry for entry in lacking if entry.is_open])
        head = entries[-1].sequence if entries else after
        compared = min((entry.sequence - 1 for entry in still_open), default=head)
        await self._database.write(self._note_compared, compared)

    async def _entries(self, after: int) -> list[EntryState]:
        found: list[EntryState] = []
        is_last = False
        while not is_last:
            page = await _answered(self._ledger.read, LedgerPlace(after=found[-1].sequence if found else after))
            found += page.entries
            is_last = page.is_last
        return found

    async def _matches(self, after: int, wanted: Collection[str]) -> list[Match]:
        """What concerns anybody who is held, in the order in which it was demanded."""
        found: dict[str, Match] = {}
        async for identifiers in self._held.pages():
            answer = await _answered(self._ledger.match, MatchRequest(after=after, identifiers=identifiers))
            for match in answer.matches:
                if match.command_id in wanted:
                    found[match.command_id] = _joined(found.get(match.command_id), match)
        return sorted(found.values(), key=lambda match: match.sequence)

    async def _replay(self, match: Match) -> None:
        if match.kind is CommandKind.RECTIFY:  # its new values are kept nowhere once it is closed
            log.warning("a rectification cannot be replayed", sequence=match.sequence)
            return
        command = Command(
            command_id=match.command_id,
            kind=match.kind,
            sequence=match.sequence,
            requested_at=match.requested_at,
            locators={kind: values[:IDENTIFIERS_MAX] for kind, values in match.identifiers.items()},
            holders=[self._service],
        )
        await self._database.write(self._carry_out, command)
        log.info("replayed", sequence=match.sequence, kind=match.kind.value)

    async def _wait_for(self, entries: Sequence[EntryState]) -> list[EntryState]:
        """Those that dsar has not had carried out here in time; it goes on trying."""
        looks = int(self._source.open_waited_seconds / OPEN_LOOK_SECONDS)
        left = list(entries)
        while left and looks:
            await asyncio.sleep(OPEN_LOOK_SECONDS)
            left = await self._database.read(self._without_receipt, left)
            looks -= 1
        return left

    def _without_receipt(self, session: Session, entries: Sequence[EntryState]) -> list[EntryState]:
        receipt = self._tables.receipt
        mine = select(receipt.c.command_id).where(receipt.c.holder == self._service)
        done = set(session.scalars(mine)) if entries else set()
        return [entry for entry in entries if entry.command_id not in done]

    def _compared_to(self, session: Session) -> int:
        watermark = self._tables.watermark
        query = select(watermark.c.last_erasure_seq).where(watermark.c.holder == LEDGER)
        return session.scalars(query).first() or 0

    def _note_compared(self, session: Session, sequence: int) -> None:
        row = insert_into(session, self._tables.watermark).values(holder=LEDGER, last_erasure_seq=sequence)
        session.execute(
            row.on_conflict_do_update(
                index_elements=["holder"], set_={"last_erasure_seq": row.excluded.last_erasure_seq}
            )
        )


async def _answered(ask: Callable[[Question], Awaitable[Answer]], question: Question) -> Answer:
    """The answer, whenever dsar can give it: without it nothing may be served."""
    pause = PAUSE_SECONDS
    while True:
        try:
            return await ask(question)
        except Refusal as refusal:
            log.warning("waiting for the ledger", error=refusal, seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS_MAX)


def _joined(earlier: Match | None, later: Match) -> Match:
    if earlier is None:
        return later
    kinds = {*earlier.identifiers, *later.identifiers}
    both = {
        kind: list(dict.fromkeys([*earlier.identifiers.get(kind, ()), *later.identifiers.get(kind, ())]))
        for kind in kinds
    }
    return earlier.model_copy(update={"identifiers": both})
