"""The tables of what was judged: a row a site as it stands now, and a row a place and week of the past.

Everything in them follows from other tables, so that they may be emptied at any time. Figures that pages sort
by have an index each; what is shown beside them is the answer that programs get, kept as its JSON.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from collector.tables import METADATA, NUMBER, SECONDS, IsoDay

standings = Table(
    "standings",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_sort", Text, nullable=False, doc="the name without regard to case"),
    Column("search", Text, nullable=False, doc="name, id and district without regard to case"),
    Column("place", Integer, doc="places.key of its district"),
    Column("state", Text, nullable=False, doc="short, unknown, silent or meets"),
    Column("verdict", Text, nullable=False, doc="the same, were silence no matter"),
    Column("week", Text, doc="of which the figures are"),
    Column("share_met", NUMBER),
    Column("share_before", NUMBER, doc="of the week before"),
    Column("shortfall_mbps", NUMBER),
    Column("shortfall_down_mbps", NUMBER),
    Column("shortfall_up_mbps", NUMBER),
    Column("people", Integer),
    Column("people_short", Integer),
    Column("delivered_mbps", NUMBER),
    Column("demand_mbps", NUMBER),
    Column("utilisation", NUMBER, doc="demand's 95th percentile over what is delivered, of the fuller way"),
    Column("coverage", NUMBER),
    Column("provider", Text),
    Column("contract_ends_on", IsoDay, doc="of a contract that no circuit of the registry has"),
    Column("lat", NUMBER),
    Column("lon", NUMBER),
    Column("heard_at", SECONDS),
    Column("agent", Text),
    Column("gap", Text, doc="collector.answers.GapAnswer as JSON; NULL while no week has come"),
    Column("judged_at", SECONDS, nullable=False),
    Column("changes", Integer, nullable=False, server_default=text("0"), doc="sites.changes as it was read"),
    Index(None, "name_sort", "site"),
    Index(None, "share_met", "site"),
    # With the state: all that meet the target lack nothing, and lie behind all that do.
    Index(None, "shortfall_mbps", "site", "state"),
    Index(None, "people_short", "site", "state"),
    Index(None, "delivered_mbps", "site"),
    Index(None, "demand_mbps", "site"),
    Index(None, "utilisation", "site"),
    Index(None, "heard_at", "site"),
    Index(None, "state", "share_met", "site"),
    # Counts, totals and searches are read from these alone: a row with its answer is ten times as long.
    Index("ix_standings_totals", "state", "shortfall_mbps", "people_short"),
    Index("ix_standings_places", "place", "state", "shortfall_mbps", "people_short", "lat", "lon"),
    Index("ix_standings_providers", "provider", "state", "shortfall_mbps", "people_short"),
    Index("ix_standings_search", "search", "state", "shortfall_mbps", "people_short", "site"),
    Index(None, "contract_ends_on"),
    sqlite_strict=True,
)

# How many sites stood how at the end of a week, of every place and (place 0) of all: trends are drawn of it.
standing_weeks = Table(
    "standing_weeks",
    METADATA,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("week", Text, primary_key=True),
    Column("short", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("silent", Integer, nullable=False),
    Column("meets", Integer, nullable=False),
    Column("shortfall_mbps", NUMBER, nullable=False),
    Column("people_short", SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Work that one process does for all: who has it, and until when.
standing_leases = Table(
    "standing_leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", SECONDS, nullable=False),
    Column("rule", Text, nullable=False, server_default="", doc="what the last whole pass judged by"),
    Column("done_at", SECONDS, doc="when the last pass ended"),
    sqlite_strict=True,
)
