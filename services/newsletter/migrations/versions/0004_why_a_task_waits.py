"""Why a task was not done, whether it is stuck, and an index for the least tried one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("brevo_task", sa.Column("reason", sa.String(length=40), nullable=True))
    op.add_column("brevo_task", sa.Column("stuck", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_brevo_task_attempts_due_at", "brevo_task", ["attempts", "due_at"], unique=False)
