"""First: the tables that every service has; a database that a service's own first migration gave them keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    declared = op.get_context().opts["target_metadata"].tables
    existing = sa.inspect(op.get_bind()).get_table_names()
    for name, create in TABLES.items():
        if name in declared and name not in existing:
            create()


def outbox() -> None:
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


def inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "message_id"),
    )
    op.create_index(op.f("ix_inbox_handled_at"), "inbox", ["handled_at"], unique=False)


def tombstone() -> None:
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


def receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("command_id", "holder"),
    )
    op.create_index(op.f("ix_receipt_signed_at"), "receipt", ["signed_at"], unique=False)


def watermark() -> None:
    op.create_table(
        "watermark",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("last_erasure_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )


def lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def subject_key() -> None:
    op.create_table(
        "subject_key",
        sa.Column("cell", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("file_name", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("cell"),
    )
    not_in_use = sa.text("state IS NOT NULL")
    op.create_index(
        "ix_subject_key_state",
        "subject_key",
        ["state", "cell"],
        unique=False,
        sqlite_where=not_in_use,
        postgresql_where=not_in_use,
    )


def restriction() -> None:
    op.create_table(
        "restriction",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value"),
    )
    op.create_index(op.f("ix_restriction_since"), "restriction", ["since"], unique=False)
    op.create_index("ix_restriction_value", "restriction", ["value"], unique=False)


def mail_queue() -> None:
    op.create_table(
        "mail_queue",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sealed_by", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_mail_queue_address_index"), "mail_queue", ["address_index"], unique=False)
    op.create_index(op.f("ix_mail_queue_due_at"), "mail_queue", ["due_at"], unique=False)


def recipient_erasure() -> None:
    op.create_table(
        "recipient_erasure",
        sa.Column("erasure_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("prepared", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "holder"),
    )


def recipient_command() -> None:
    op.create_table(
        "recipient_command",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("looked_for", sa.JSON(), nullable=False),
        sa.Column("sealed_by", sa.BigInteger(), nullable=False),
        sa.Column("work", sa.LargeBinary(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("command_id", "holder"),
    )
    op.create_index(
        "ix_recipient_command_holder_next_attempt_at",
        "recipient_command",
        ["holder", "next_attempt_at"],
        unique=False,
    )


TABLES = {
    "outbox": outbox,
    "inbox": inbox,
    "tombstone": tombstone,
    "receipt": receipt,
    "watermark": watermark,
    "lease": lease,
    "subject_key": subject_key,
    "restriction": restriction,
    "mail_queue": mail_queue,
    "recipient_erasure": recipient_erasure,
    "recipient_command": recipient_command,
}
