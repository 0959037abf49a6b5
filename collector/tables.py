"""Every table of the collector, described once for SQLite and PostgreSQL alike.

Times are Unix seconds, UTC; days are ISO texts; keys are whole numbers of the database's own, ids what people
and programs call things. Types are those that SQLite's STRICT tables and PostgreSQL both have. What is here
and what the migrations make is the same, which a test holds on both.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SECONDS: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""A moment as Unix seconds, or any number that may pass two thousand million."""

NUMBER: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
"""A figure with eight octets."""


class IsoDay(TypeDecorator[date]):
    """A calendar day, kept as `2026-06-30`, which sorts as days do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


places = Table(
    "places",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),  # such as an NCES id; leading zeros are part of it
    Column("name", Text, nullable=False),
    Column("parent", Integer, ForeignKey("places.key")),  # a district's state
    UniqueConstraint("kind", "id"),
    CheckConstraint("kind IN ('state', 'district')", name="kind"),
    Index(None, "parent"),
    sqlite_strict=True,
)

circuits = Table(
    "circuits",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("place", Integer, ForeignKey("places.key")),  # the district that holds the contract
    Column("provider", Text),
    Column("connection_type", Text),
    Column("contracted_down_mbps", NUMBER),
    Column("contracted_up_mbps", NUMBER),
    Column("price_per_month", NUMBER),
    Column("currency", Text),
    Column("starts_on", IsoDay),
    Column("ends_on", IsoDay),
    Column("notes", Text),
    Index(None, "place"),
    sqlite_strict=True,
)

sites = Table(
    "sites",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("enrolled_at", SECONDS, nullable=False),
    Column("facts", Text, nullable=False),  # reports.sites.Site as JSON
    Column("contract", Text, nullable=False),  # reports.sites.Contract as JSON
    Column("agent", Text),  # version of the agent that sent the last upload
    Column("heard_at", SECONDS),  # when the last upload came; NULL while none has
    Column("token_generation", Integer, nullable=False, server_default=text("0")),  # rises as tokens change
    Column("told", SECONDS),  # collector.enrolled.told_number of the last upload's facts; NULL: tell again
    Column("linked_through", SECONDS, nullable=False, server_default=text("0")),  # links 1 to this are here
    Column("links_folded", SECONDS, nullable=False, server_default=text("0")),  # and to this out of links
    Column("newest_link", SECONDS, nullable=False, server_default=text("0")),
    Column("newest_digest", Text),  # of the newest link, in hexadecimal
    Column("agent_state", Text),  # reports.agent_state.AgentState as JSON
    Column("place", Integer, ForeignKey("places.key")),  # its district
    Column("lat", NUMBER),
    Column("lon", NUMBER),
    Column("circuit", Integer, ForeignKey("circuits.key")),  # several sites may share one
    Column("changes", Integer, nullable=False, server_default=text("0")),  # otherwise than by uploads
    Index(None, "place"),
    Index(None, "circuit"),
    sqlite_strict=True,
)

# A plain rowid table in SQLite: WITHOUT ROWID was measured four to ten times slower. PostgreSQL has a
# partition for each month (collector/partitions.py). No foreign key: it would cost as much as the row, and
# sites stay.
hours = Table(
    "hours",
    METADATA,
    Column("site", Integer, nullable=False),
    Column("starts_at", SECONDS, nullable=False),
    Column("through_at", SECONDS, nullable=False),
    Column("received_at", SECONDS, nullable=False),
    Column("body", LargeBinary, nullable=False),  # collector.packed
    # Time first: what arrives is recent, so inserts stay at the right edge of the index.
    Index("hours_by_time", "starts_at", "site", unique=True),
    sqlite_strict=True,
    postgresql_partition_by="RANGE (starts_at)",
)

# Days and weeks, a twentieth of all rows.
summaries = Table(
    "summaries",
    METADATA,
    Column("starts_at", SECONDS, nullable=False),
    Column("kind", Text, nullable=False),
    Column("site", Integer, ForeignKey("sites.key"), nullable=False),
    Column("label", Text, nullable=False),
    Column("through_at", SECONDS, nullable=False),
    Column("sha256", LargeBinary, nullable=False),  # of the body
    Column("received_at", SECONDS, nullable=False),
    Column("body", Text, nullable=False),  # reports.summaries.Summary as compact JSON
    CheckConstraint("kind IN ('hour', 'day', 'week')", name="kind"),
    Index("summaries_by_time", "starts_at", "kind", "site", unique=True),
    # No hour is in it, nor in this table, since hours have their own; databases of before have the condition.
    Index(
        "days_and_weeks_by_site",
        "site",
        "kind",
        "label",
        unique=True,
        sqlite_where=text("kind <> 'hour'"),
        postgresql_where=text("kind <> 'hour'"),
    ),
    sqlite_strict=True,
)

# A site's newest links as they came (reports/chain.py), and those around every break: of summaries that were
# stored, known or refused alike. A number may be there twice, with two bodies; nothing is ever replaced.
# Older ones are folded into sites.links_folded (collector/chains.py).
links = Table(
    "links",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("number", SECONDS, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the body as it was sent
    Column("previous", LargeBinary),  # of the body before it; NULL for the first
    Column("received_at", SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Breaks that were found among links which have been folded since, and bodies that came for a folded number.
chain_breaks = Table(
    "chain_breaks",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("first", SECONDS, primary_key=True),
    Column("last", SECONDS, primary_key=True),
    Column("kind", Text, primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
