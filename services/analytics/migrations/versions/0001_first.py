"""First."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "analytics_identity",
        sa.Column("distinct_id", sa.String(length=64), nullable=False),
        sa.Column("visitor_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("distinct_id"),
        sa.UniqueConstraint("visitor_id"),
    )
    op.create_index(op.f("ix_analytics_identity_created_at"), "analytics_identity", ["created_at"], unique=False)
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
        "posthog_deletion",
        sa.Column("distinct_id", sa.String(length=64), nullable=False),
        sa.Column("persons", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("distinct_id"),
    )
    op.create_index(op.f("ix_posthog_deletion_created_at"), "posthog_deletion", ["created_at"], unique=False)
    op.create_index(op.f("ix_posthog_deletion_due_at"), "posthog_deletion", ["due_at"], unique=False)
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
        "recipient_erasure",
        sa.Column("erasure_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("prepared", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "holder"),
    )
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
        "usage_count",
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("window_start", "tool", "outcome"),
    )
    op.create_table(
        "watermark",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("last_erasure_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )
