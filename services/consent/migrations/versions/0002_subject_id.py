"""Whose consent it is: no holder, but the data subject; indexes for what is searched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("account_consent", "visitor_consent"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN holder_id TO subject_id")  # SQLite cannot in Alembic's words
    for subject in ("account", "visitor"):
        op.drop_index(f"ix_consent_record_{subject}_id", table_name="consent_record")
        columns = [f"{subject}_id", "sequence"]
        op.create_index(f"ix_consent_record_{subject}", "consent_record", columns, unique=False)
        where = sa.text(f"ended_at IS NULL AND {subject}_id IS NOT NULL")
        op.create_index(
            f"ix_consent_record_{subject}_lapsing",
            "consent_record",
            ["at"],
            unique=False,
            sqlite_where=where,
            postgresql_where=where,
        )
