"""First."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "message_id"),
    )
    op.create_index(op.f("ix_inbox_handled_at"), "inbox", ["handled_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
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
    op.create_table(
        "receipt",
        sa.Column("erasure_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "holder"),
    )
    op.create_index(op.f("ix_receipt_signed_at"), "receipt", ["signed_at"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("erasure_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.JSON(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "holder"),
    )
    op.create_index(op.f("ix_tombstone_erased_at"), "tombstone", ["erased_at"], unique=False)
    op.create_table(
        "watermark",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("last_erasure_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )
