"""The number of passwords that an account has had."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("credential", sa.Column("password_version", sa.Integer(), server_default="1", nullable=False))
