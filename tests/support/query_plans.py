"""How a database would answer a statement: by an index, or by reading a whole table."""

import re

from sqlalchemy import Executable, text

from chassis.database import Database, Session

SCAN = re.compile(r"SCAN (?!CONSTANT)(\w+)|Seq Scan on (\w+)")


async def tables_read_whole(database: Database, statement: Executable) -> set[str]:
    """The tables that the engine would read from end to end; analyse the tables first."""

    def explain(session: Session) -> str:
        compiled = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
        how = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{how} {compiled}".replace("%", "%%")).all()
        return "\n".join(str(row[-1]) for row in rows)

    plan = await database.read(explain)
    return {one or other for one, other in SCAN.findall(plan)}


async def analyse(database: Database) -> None:
    """Have the engine look at how much there is, as it does by itself in time."""
    await database.write(lambda session: session.execute(text("ANALYZE")))
