"""Which accounts were erased, as keyed hashes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "erased_account",
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_hash"),
    )
    op.create_index(op.f("ix_erased_account_erased_at"), "erased_account", ["erased_at"], unique=False)
