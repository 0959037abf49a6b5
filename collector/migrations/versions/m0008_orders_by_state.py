"""What sites of one state lack is found in its order without a look at those of other states."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for column in ("shortfall_mbps", "people_short"):
        op.drop_index(f"ix_standings_{column}_site", "standings")
        op.create_index(f"ix_standings_{column}_site_state", "standings", [column, "site", "state"])
