"""Work lists, idempotency keys, what a receipt must cover; indexes for sweeps; clearer names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SWEPT = {
    "case_record": "recorded_at",
    "case_party": "received_at",
    "erasure": "recorded_at",
    "expected_receipt": "recorded_at",
    "erasure_locator": "recorded_at",
    "ledger_entry": "recorded_at",
    "lookup_letter": "recorded_at",
}
RENAMED = {"lookup_notice": "lookup_letter", "log_node": "receipt_log_node", "log_size": "receipt_log_size"}
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for old, new in RENAMED.items():
        op.rename_table(old, new)
    op.create_table(
        "opening_request",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "idempotency_key"),
    )
    op.create_index(op.f("ix_opening_request_recorded_at"), "opening_request", ["recorded_at"], unique=False)
    for table in ("case_record", "erasure"):
        op.add_column(table, sa.Column("next_attempt_at", TIME, nullable=True))
        op.add_column(table, sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
        op.add_column(table, sa.Column("quarantined_at", TIME, nullable=True))
        op.create_index(op.f(f"ix_{table}_next_attempt_at"), table, ["next_attempt_at"], unique=False)
    op.execute("UPDATE erasure SET next_attempt_at = recorded_at WHERE closed_at IS NULL")
    op.execute("UPDATE case_record SET next_attempt_at = recorded_at WHERE state = 'gathering'")
    op.add_column("expected_receipt", sa.Column("inventory_hash", sa.String(length=64), nullable=True))
    op.add_column("expected_receipt", sa.Column("emptied", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("expected_receipt", sa.Column("retained", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("expected_receipt", sa.Column("refused", sa.String(length=32), nullable=True))
    op.drop_index(op.f("ix_expected_receipt_received_at"), "expected_receipt")
    op.drop_index(op.f("ix_erasure_closed_at"), "erasure")
    op.drop_index(op.f("ix_case_record_state"), "case_record")
    for table, column in SWEPT.items():
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
