"""First."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "quota_counter",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("quota_key", sa.String(length=64), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("day_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", "quota_key", "tool"),
    )
    op.create_index(op.f("ix_quota_counter_day_began_at"), "quota_counter", ["day_began_at"], unique=False)
