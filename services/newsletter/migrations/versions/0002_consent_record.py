"""The consent that a subscription rests on, where it was given with an account."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("opt_in", sa.Column("consent_record", sa.String(length=64), nullable=True))
    op.add_column("subscription", sa.Column("consent_record", sa.String(length=64), nullable=True))
