"""First."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _cases()
    _commands()
    _ledger()
    _receipt_log()


def _cases() -> None:
    op.create_table(
        "case_party",
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("erasing_account", sa.String(length=64), nullable=True),
        sa.Column("right", sa.String(length=32), nullable=False),
        sa.Column("details", sa.String(length=2000), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("erasing_account"),
    )
    op.create_index(op.f("ix_case_party_account_id"), "case_party", ["account_id"], unique=False)
    op.create_index(op.f("ix_case_party_received_at"), "case_party", ["received_at"], unique=False)
    op.create_table(
        "case_record",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("right", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("package_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_case_record_command_id"), "case_record", ["command_id"], unique=False)
    op.create_index(op.f("ix_case_record_next_attempt_at"), "case_record", ["next_attempt_at"], unique=False)
    op.create_index(op.f("ix_case_record_recorded_at"), "case_record", ["recorded_at"], unique=False)
    op.create_table(
        "lookup_letter",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash"),
    )
    op.create_index(op.f("ix_lookup_letter_recorded_at"), "lookup_letter", ["recorded_at"], unique=False)
    op.create_table(
        "opening_request",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "idempotency_key"),
    )
    op.create_index(op.f("ix_opening_request_recorded_at"), "opening_request", ["recorded_at"], unique=False)


def _commands() -> None:
    op.create_table(
        "command",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitments", sa.JSON(), nullable=False),
        sa.Column("superseded", sa.JSON(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("command_id"),
        sa.UniqueConstraint("sequence"),
    )
    op.create_index(op.f("ix_command_case_id"), "command", ["case_id"], unique=False)
    op.create_index(op.f("ix_command_next_attempt_at"), "command", ["next_attempt_at"], unique=False)
    op.create_index(op.f("ix_command_recorded_at"), "command", ["recorded_at"], unique=False)
    op.create_table(
        "command_letter",
        sa.Column("letter_id", sa.String(length=64), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("letter_id"),
    )
    op.create_index(op.f("ix_command_letter_command_id"), "command_letter", ["command_id"], unique=False)
    op.create_table(
        "command_locator",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("command_id", "kind", "value"),
    )
    op.create_table(
        "command_value",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("command_id", "field"),
    )
    op.create_table(
        "expected_receipt",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inventory_hash", sa.String(length=64), nullable=False),
        sa.Column("probed", sa.JSON(), nullable=False),
        sa.Column("retained", sa.JSON(), nullable=False),
        sa.Column("refused", sa.String(length=32), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("leaf_index", sa.BigInteger(), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("command_id", "holder"),
    )
    op.create_index("ix_expected_receipt_due", "expected_receipt", ["service", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_expected_receipt_quarantined_at"), "expected_receipt", ["quarantined_at"], unique=False)
    op.create_index(op.f("ix_expected_receipt_recorded_at"), "expected_receipt", ["recorded_at"], unique=False)


def _ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("command_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ledger_entry_recorded_at"), "ledger_entry", ["recorded_at"], unique=False)
    op.create_table(
        "ledger_hash",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", "hash"),
    )
    op.create_index(op.f("ix_ledger_hash_command_id"), "ledger_hash", ["command_id"], unique=False)
    op.create_index(op.f("ix_ledger_hash_hash"), "ledger_hash", ["hash"], unique=False)
    op.create_index(op.f("ix_ledger_hash_recorded_at"), "ledger_hash", ["recorded_at"], unique=False)


def _receipt_log() -> None:
    op.create_table(
        "announced_key",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("announcement", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index"),
    )
    op.create_table(
        "published_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("head", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "receipt_log_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "position"),
    )
    op.create_index(
        "ix_receipt_log_node_leaf",
        "receipt_log_node",
        ["hash"],
        unique=False,
        sqlite_where=sa.text("level = 0"),
        postgresql_where=sa.text("level = 0"),
    )
    op.create_table(
        "receipt_log_size",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
