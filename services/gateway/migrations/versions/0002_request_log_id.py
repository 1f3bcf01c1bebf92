"""The request log's ids are 64 bits wide on PostgreSQL: 2 147 483 647 requests are a few weeks of a busy service."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite's are 64 bits wide already
        op.alter_column("request_log", "id", type_=sa.BigInteger(), existing_type=sa.Integer())
        op.execute("ALTER SEQUENCE request_log_id_seq AS bigint")
