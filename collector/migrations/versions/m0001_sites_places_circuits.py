"""Sites with their summaries and links, and the tree that they stand in.

A database from before Alembic has the first part of it, as its own migrations 1 to 3 made it; it is completed
where it lies.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None

SECONDS: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
APPLICATION_ID = 1650942828


def upgrade() -> None:
    connection = op.get_bind()
    there = set(sa.inspect(connection).get_table_names())
    _places()
    if "sites" in there:
        _complete(there)
    else:
        if connection.dialect.name == "sqlite":
            op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _sites()
        _summaries()
        _links()
    for column in ("place", "circuit"):
        op.create_index(op.f(f"ix_sites_{column}"), "sites", [column])


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent", sa.Integer, sa.ForeignKey("places.key")),
        sa.UniqueConstraint("kind", "id"),
        sa.CheckConstraint("kind IN ('state', 'district')", name="kind"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_places_parent"), "places", ["parent"])
    op.create_table(
        "circuits",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("place", sa.Integer, sa.ForeignKey("places.key")),
        sa.Column("provider", sa.Text),
        sa.Column("connection_type", sa.Text),
        sa.Column("contracted_down_mbps", NUMBER),
        sa.Column("contracted_up_mbps", NUMBER),
        sa.Column("price_per_month", NUMBER),
        sa.Column("currency", sa.Text),
        sa.Column("starts_on", sa.Text),
        sa.Column("ends_on", sa.Text),
        sa.Column("notes", sa.Text),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_circuits_place"), "circuits", ["place"])


def _sites() -> None:
    op.create_table(
        "sites",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("enrolled_at", SECONDS, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("heard_at", SECONDS),
        sa.Column("linked_through", SECONDS, nullable=False, server_default=sa.text("0")),
        sa.Column("agent_state", sa.Text),
        sa.Column("place", sa.Integer, sa.ForeignKey("places.key")),
        sa.Column("lat", NUMBER),
        sa.Column("lon", NUMBER),
        sa.Column("circuit", sa.Integer, sa.ForeignKey("circuits.key")),
        sqlite_strict=True,
    )


def _summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("starts_at", SECONDS, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("through_at", SECONDS, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("received_at", SECONDS, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('hour', 'day', 'week')", name="kind"),
        sqlite_strict=True,
    )
    op.create_index("summaries_by_time", "summaries", ["starts_at", "kind", "site"], unique=True)
    long = sa.text("kind <> 'hour'")
    op.create_index(
        "days_and_weeks_by_site",
        "summaries",
        ["site", "kind", "label"],
        unique=True,
        sqlite_where=long,
        postgresql_where=long,
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), primary_key=True),
        sa.Column("number", SECONDS, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("previous", sa.LargeBinary),
        sa.Column("received_at", SECONDS, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _complete(there: set[str]) -> None:
    """What a database of before lacks; older ones had no links, or no agent's state."""
    columns = {one["name"] for one in sa.inspect(op.get_bind()).get_columns("sites")}
    if "links" not in there:
        _links()
        op.execute("ALTER TABLE sites ADD COLUMN linked_through INTEGER NOT NULL DEFAULT 0")
    if "agent_state" not in columns:
        op.execute("ALTER TABLE sites ADD COLUMN agent_state TEXT")
    for column in (
        "place INTEGER REFERENCES places (key)",
        "lat REAL",
        "lon REAL",
        "circuit INTEGER REFERENCES circuits (key)",
    ):
        op.execute(f"ALTER TABLE sites ADD COLUMN {column}")
    # To the version of before this is what a newer one has used, so that it leaves the file alone.
    op.execute("INSERT INTO migrations VALUES (4, '0004_alembic')")
