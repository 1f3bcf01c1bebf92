"""Why a deletion was put off, and an index for the least tried one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("posthog_deletion", sa.Column("reason", sa.String(length=40), nullable=True))
    op.create_index("ix_posthog_deletion_attempts_due_at", "posthog_deletion", ["attempts", "due_at"], unique=False)
