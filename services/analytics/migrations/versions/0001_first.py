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
        "posthog_deletion",
        sa.Column("distinct_id", sa.String(length=64), nullable=False),
        sa.Column("visitor_id", sa.String(length=64), nullable=True),
        sa.Column("persons", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("distinct_id"),
    )
    op.create_index("ix_posthog_deletion_attempts_due_at", "posthog_deletion", ["attempts", "due_at"], unique=False)
    op.create_index(op.f("ix_posthog_deletion_created_at"), "posthog_deletion", ["created_at"], unique=False)
    op.create_index(op.f("ix_posthog_deletion_due_at"), "posthog_deletion", ["due_at"], unique=False)
    op.create_index(op.f("ix_posthog_deletion_visitor_id"), "posthog_deletion", ["visitor_id"], unique=False)
    op.create_table(
        "usage_count",
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("window_start", "tool", "outcome"),
    )
