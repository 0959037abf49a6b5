"""How often a site was changed otherwise than by its uploads, and how often when it was judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for table in ("sites", "standings"):
        op.add_column(table, sa.Column("changes", sa.Integer, nullable=False, server_default=sa.text("0")))
