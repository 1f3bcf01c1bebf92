"""What each kind of command does to the tables of one service, as its inventory says, and what is probed afterwards.

The statements of erasures and objections are built once for each set of kinds of identifier, and then only executed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Delete, Select, Table, delete, func, select

from chassis.database import Session, affected
from chassis.holder.rectification import rectify, unrectified
from chassis.holder.restrictions import Restrictions
from chassis.holder.rows import Kinds, identifying, theirs, told
from chassis.inventory import Inventory
from chassis.tables import StandardTables
from contracts.fulfilment import Command, CommandKind
from contracts.personal_data import RESTRICTION_STORE, PersonalData, Retained

Counts = dict[str, int]
Tables = list[tuple[Table, PersonalData]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Statements that delete a person's rows, one for each table that may hold any, and one that probes all of these.

    `untouched` are the stores in which nobody is found by what was told: they are counted as 0.
    """

    deletes: dict[Table, Delete]
    probe: Select[Any] | None
    untouched: Counts = field(default_factory=dict)


class OwnTables:
    """The tables of one service's database; each method is a step inside the given session."""

    def __init__(self, inventory: Inventory, tables: StandardTables) -> None:
        self.kinds = inventory.locators()
        personal = inventory.personal_tables()
        others = [pair for pair in personal if pair[0].name != RESTRICTION_STORE]
        self._emptied: Mapping[CommandKind, Tables] = {
            CommandKind.ERASE: [pair for pair in others if pair[1].retained is None],
            CommandKind.OBJECT: [pair for pair in others if pair[1].ends_on_objection],
        }
        self._rectified: Tables = [pair for pair in others if pair[1].rectifies]
        self._restrictions = Restrictions(tables, self.kinds)
        self._plans: dict[tuple[CommandKind, Kinds], Plan] = {}
        self.retained: dict[str, Retained] = {
            table.name: declaration.retained for table, declaration in personal if declaration.retained is not None
        }

    def change(self, session: Session, command: Command) -> Counts:
        """Delete or change the person's rows, or note or lift a restriction; how many rows, by store."""
        match command.kind:
            case CommandKind.RESTRICT:
                return self._of_restriction(self._restrictions.restrict(session, command))
            case CommandKind.LIFT:
                return self._of_restriction(self._restrictions.lift(session, command))
            case CommandKind.RECTIFY:
                self._restrictions.follow(session, command)
                return {table.name: rectify(session, table, said, command) for table, said in self._rectified}
            case CommandKind.OBJECT:
                return self._delete(session, command)
        return self._delete(session, command) | self._of_restriction(self._restrictions.lift(session, command))

    def probe(self, session: Session, command: Command) -> Counts:
        """How many rows are not as the command demands, by store: read again."""
        match command.kind:
            case CommandKind.RESTRICT:
                return self._of_restriction(self._restrictions.missing(session, command))
            case CommandKind.LIFT:
                return self._of_restriction(self._restrictions.noted(session, command))
            case CommandKind.RECTIFY:
                return {table.name: unrectified(session, table, said, command) for table, said in self._rectified}
            case CommandKind.OBJECT:
                return self._left(session, command)
        return self._left(session, command) | self._of_restriction(self._restrictions.noted(session, command))

    def looked_for(self, command: Command) -> Counts:
        """By how many different identifiers of each kind the tables were asked."""
        return {kind.value: len(set(command.locators[kind])) for kind in sorted(told(command.locators, self.kinds))}

    def _delete(self, session: Session, command: Command) -> Counts:
        """Children before parents."""
        plan = self._plan(command)
        values = self._values(plan, command)
        return plan.untouched | {
            table.name: affected(session, statement, values) for table, statement in plan.deletes.items()
        }

    def _left(self, session: Session, command: Command) -> Counts:
        """All in one question, so that all answers are of one moment."""
        plan = self._plan(command)
        if plan.probe is None:
            return {**plan.untouched}
        found = session.execute(plan.probe, self._values(plan, command)).mappings().one()
        return plan.untouched | {table.name: int(found[table.name]) for table in plan.deletes}

    def _of_restriction(self, count: int) -> Counts:
        """Where nobody is found by any identifier, nobody's data can be restricted."""
        return {RESTRICTION_STORE: count} if self.kinds else {}

    def _plan(self, command: Command) -> Plan:
        key = (command.kind, told(command.locators, self.kinds))
        if key not in self._plans:
            self._plans[key] = _plan(self._emptied[command.kind], key[1])
        return self._plans[key]

    def _values(self, plan: Plan, command: Command) -> dict[str, Any]:
        locators = {kind: command.locators[kind] for kind in told(command.locators, self.kinds)}
        values: dict[str, Any] = {}
        for table in plan.deletes:
            values |= identifying(table, locators, command.requested_at)
        return values


def _plan(tables: Tables, kinds: Kinds) -> Plan:
    conditions = {
        table: theirs(table, declaration, kinds, as_asked=True)
        for table, declaration in tables
        if kinds & declaration.located_by.keys()
    }
    probes = [
        select(func.count()).select_from(table).where(condition).scalar_subquery().label(table.name)
        for table, condition in conditions.items()
    ]
    return Plan(
        deletes={table: delete(table).where(condition) for table, condition in conditions.items()},
        probe=select(*probes) if probes else None,
        untouched={table.name: 0 for table, _ in tables if table not in conditions},
    )
