"""The sites of one provider are counted from an index."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    columns = ["provider", "state", "shortfall_mbps", "people_short"]
    op.create_index("ix_standings_providers", "standings", columns)
