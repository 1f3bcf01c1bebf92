"""Commands on the stored data of one service, carried out to the signed receipt, a batch in one transaction.

    receipt stored?  → the same bytes again
    recipients       → what this person's record there is found by is noted, before any row changes
    own tables       → changed and probed; a probe that finds anything undoes this command alone
    receipt          → signed and stored with all that

The process may die at any moment: either the whole batch is stored, receipts included, or nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import IntegrityError

from chassis.database import Session, insert_into, is_away
from chassis.holder.external import ExternalHolder
from chassis.holder.own_tables import Counts, OwnTables
from chassis.holder.receipts import Key, Receipts
from chassis.holder.recipients import owe
from chassis.inventory import Inventory
from chassis.sealing import destroy_unused, still_held
from chassis.tables import StandardTables
from chassis.telemetry import Log
from contracts.errors import Refusal
from contracts.fulfilment import Command, CommandKind, HolderAnswer, HolderReceipt
from contracts.personal_data import ExternalStore

Before = Callable[[Session, Command], None]

log = Log("holder")


class StillHeld(Exception):
    """The probe found something left. The message names stores, never a person."""

    def __init__(self, holder: str, probe: Counts) -> None:
        left = ", ".join(sorted(store for store, count in probe.items() if count))
        super().__init__(f"{holder} still holds rows in {left}")
        self.probe = probe


class Fulfilment:
    """One service's part in commands. `before` runs in the transaction of a command of its kind, ahead of changes."""

    def __init__(
        self,
        inventory: Inventory,
        tables: StandardTables,
        externals: Mapping[str, ExternalHolder],
        receipts: Receipts,
        own: OwnTables,
        before: Mapping[CommandKind, Before],
    ) -> None:
        self._service = inventory.service
        self._tables = tables
        self._externals = externals
        self._receipts = receipts
        self._own = own
        self._before = before

    def carry_out(self, session: Session, commands: Sequence[Command]) -> list[HolderAnswer]:
        """Carry out a batch in the order of its sequence; one that fails is answered with a code, and undone alone."""
        known = self._receipts.stored(session, [command.command_id for command in commands])
        ordered = sorted(commands, key=lambda command: command.sequence)
        answers = self._attempt(session, ordered, known)
        self._raise_watermark(session, ordered, answers)
        self._destroy_keys(session)
        return answers

    def _attempt(
        self, session: Session, commands: Sequence[Command], known: Mapping[Key, HolderReceipt]
    ) -> list[HolderAnswer]:
        """All within one savepoint; if that fails, each within its own."""
        try:
            with session.begin_nested():
                return [answer for command in commands for answer in self._answers(session, command, known)]
        except Exception as error:
            if is_away(error):
                raise
            if len(commands) > 1:
                return [answer for command in commands for answer in self._attempt(session, [command], known)]
            (command,) = commands
            log.failure("command failed", error=error, kind=command.kind.value, reason=_code(error))
            return [_failed(command, holder, known, _code(error)) for holder in command.holders]

    def _answers(self, session: Session, command: Command, known: Mapping[Key, HolderReceipt]) -> list[HolderAnswer]:
        found: dict[str, HolderAnswer] = {}
        # Recipients first: their records are found through our rows.
        for holder in sorted(command.holders, key=lambda holder: holder == self._service):
            receipt = known.get((command.command_id, holder))
            if receipt is not None or holder == self._service:
                receipt = receipt or self._change(session, command)
                found[holder] = HolderAnswer(command_id=command.command_id, holder=holder, receipt=receipt)
            elif holder in self._externals:
                receipt = self._ask(session, command, self._externals[holder])
                found[holder] = HolderAnswer(command_id=command.command_id, holder=holder, receipt=receipt)
            else:
                found[holder] = HolderAnswer(command_id=command.command_id, holder=holder, failure="unknown-holder")
        return [found[holder] for holder in command.holders]

    def replay(self, session: Session, command: Command) -> None:
        """Carry out a command in a restored database, which knows some of its identifiers only: without a receipt.

        Raises:
            StillHeld: the probe found something left; nothing may be committed.
        """
        looked_for = self._own.looked_for(command)
        for external in self._externals.values():
            if _concerns(command.kind, external.store):
                owe(session, self._tables, external, command, looked_for)
        self._changed(session, command)

    def _change(self, session: Session, command: Command) -> HolderReceipt:
        changed, probe = self._changed(session, command)
        looked_for = self._own.looked_for(command)
        return self._sign(session, self._service, command, looked_for, changed, probe)

    def _changed(self, session: Session, command: Command) -> tuple[Counts, Counts]:
        before = self._before.get(command.kind)
        if before is not None:
            before(session, command)
        changed = self._own.change(session, command)
        probe = self._own.probe(session, command)
        if any(probe.values()):
            raise StillHeld(self._service, probe)
        return changed, probe

    def _ask(self, session: Session, command: Command, external: ExternalHolder) -> HolderReceipt | None:
        """Owe it; a kind of command that asks nothing of the recipient has its receipt at once."""
        store, looked_for = external.store, self._own.looked_for(command)
        if _concerns(command.kind, store):
            owe(session, self._tables, external, command, looked_for)
            return None
        return self._sign(session, store.holder, command, looked_for, {}, {})

    def _sign(
        self,
        session: Session,
        holder: str,
        command: Command,
        looked_for: Counts,
        changed: Counts,
        probe: Counts,
    ) -> HolderReceipt:
        return self._receipts.sign(
            session,
            holder,
            command.command_id,
            command.kind,
            looked_for=looked_for,
            changed=changed,
            probe=probe,
        )

    def _destroy_keys(self, session: Session) -> None:
        """Destroy the keys of rows that were deleted, last of all, and look whether they are gone.

        Raises:
            StillHeld: one is not.
        """
        subject_key = self._tables.subject_key
        if subject_key is not None and (left := still_held(session, destroy_unused(session))):
            raise StillHeld(self._service, {subject_key.name: left})

    def _raise_watermark(self, session: Session, commands: Sequence[Command], answers: Sequence[HolderAnswer]) -> None:
        done = {
            answer.command_id for answer in answers if answer.holder == self._service and answer.receipt is not None
        }
        erased = [one.sequence for one in commands if one.kind is CommandKind.ERASE and one.command_id in done]
        if not erased:
            return
        watermark = self._tables.watermark
        row = insert_into(session, watermark).values(holder=self._service, last_erasure_seq=max(erased))
        higher = row.excluded.last_erasure_seq
        session.execute(
            row.on_conflict_do_update(
                index_elements=["holder"],
                set_={"last_erasure_seq": higher},
                where=watermark.c.last_erasure_seq < higher,
            )
        )


def _concerns(kind: CommandKind, store: ExternalStore) -> bool:
    """Whether a kind of command asks anything of a recipient, as `kernel.receipt.coverages` reads it as well."""
    match kind:
        case CommandKind.RECTIFY:
            return bool(store.rectifies)
        case CommandKind.OBJECT:
            return store.ends_on_objection
        case CommandKind.RESTRICT | CommandKind.LIFT:
            return store.restricts
        case CommandKind.ERASE:
            return True


def _failed(command: Command, holder: str, known: Mapping[Key, HolderReceipt], code: str) -> HolderAnswer:
    """A receipt that is there already stays one."""
    receipt = known.get((command.command_id, holder))
    failure = code if receipt is None else None
    return HolderAnswer(command_id=command.command_id, holder=holder, receipt=receipt, failure=failure)


def _code(error: Exception) -> str:
    """Why a command failed: a code that says nothing about anybody."""
    if isinstance(error, StillHeld):
        return "still-held"
    if isinstance(error, IntegrityError):
        return "conflict"
    if isinstance(error, Refusal):
        return error.reason or error.kind.value
    return type(error).__name__
