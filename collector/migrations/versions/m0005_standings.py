"""How each site stands, the weeks of the past, and whose turn it is to judge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0004"

SECONDS: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

SORTED = (
    ["name_sort", "site"],
    ["share_met", "site"],
    ["shortfall_mbps", "site"],
    ["people_short", "site"],
    ["delivered_mbps", "site"],
    ["demand_mbps", "site"],
    ["utilisation", "site"],
    ["heard_at", "site"],
    ["state", "share_met", "site"],
    ["contract_ends_on"],
)


def upgrade() -> None:
    op.create_table(
        "standings",
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_sort", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("place", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("week", sa.Text),
        sa.Column("share_met", NUMBER),
        sa.Column("share_before", NUMBER),
        sa.Column("shortfall_mbps", NUMBER),
        sa.Column("shortfall_down_mbps", NUMBER),
        sa.Column("shortfall_up_mbps", NUMBER),
        sa.Column("people", sa.Integer),
        sa.Column("people_short", sa.Integer),
        sa.Column("delivered_mbps", NUMBER),
        sa.Column("demand_mbps", NUMBER),
        sa.Column("utilisation", NUMBER),
        sa.Column("coverage", NUMBER),
        sa.Column("provider", sa.Text),
        sa.Column("contract_ends_on", sa.Text),
        sa.Column("lat", NUMBER),
        sa.Column("lon", NUMBER),
        sa.Column("heard_at", SECONDS),
        sa.Column("agent", sa.Text),
        sa.Column("gap", sa.Text),
        sa.Column("judged_at", SECONDS, nullable=False),
        sqlite_strict=True,
    )
    for columns in SORTED:
        op.create_index(op.f(f"ix_standings_{'_'.join(columns)}"), "standings", columns)
    lacking = ["shortfall_mbps", "people_short"]
    op.create_index("ix_standings_totals", "standings", ["state", *lacking])
    op.create_index("ix_standings_places", "standings", ["place", "state", *lacking, "lat", "lon"])
    op.create_index("ix_standings_search", "standings", ["search", "state", *lacking, "site"])
    op.create_table(
        "standing_weeks",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("week", sa.Text, primary_key=True),
        *(sa.Column(state, sa.Integer, nullable=False) for state in ("short", "unknown", "silent", "meets")),
        sa.Column("shortfall_mbps", NUMBER, nullable=False),
        sa.Column("people_short", SECONDS, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standing_leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", SECONDS, nullable=False),
        sa.Column("rule", sa.Text, nullable=False, server_default=""),
        sa.Column("done_at", SECONDS),
        sqlite_strict=True,
    )
