"""The tables of what is known of schools beside their uploads, of what is watched there, and of policies.

As in ``collector/tables.py``: times are Unix seconds, texts that end in JSON's types are small JSON objects.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from collector.tables import METADATA, SECONDS

school_facts = Table(
    "school_facts",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("devices", Integer),
    Column("locale", Text),  # city, suburb, town, rural: the first half of NCES's locale codes
    sqlite_strict=True,
)

# What the watch remembers of a site between two rounds.
watched = Table(
    "watched",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("heard_at", SECONDS),  # when it was last heard, as the last round found it
    Column("gaps", Text, nullable=False),  # seconds between its last uploads, as JSON
    Column("every_s", Integer, nullable=False),  # how often it is expected
    Column("silent_at", SECONDS),  # when it is silent if it says no more
    Column("judged_at", SECONDS, nullable=False),  # when its days were last looked at
    Index(None, "silent_at"),
    sqlite_strict=True,
)

episodes = Table(
    "episodes",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("site", Integer, ForeignKey("sites.key"), nullable=False),
    Column("kind", Text, nullable=False),  # collector.watch.findings.Kind
    Column("opened_at", SECONDS, nullable=False),
    Column("since", SECONDS, nullable=False),  # when what it speaks of began
    Column("ended_at", SECONDS),
    Column("until", SECONDS),  # when what it speaks of was over
    Column("figures", Text, nullable=False),  # what its words are made of, as JSON
    Column("reason", Text),  # why, as the site told on its return: a key of reports.agent_state.ABSENT
    # One of a kind at a time.
    Index(
        "open_episodes",
        "site",
        "kind",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(None, "opened_at"),
    sqlite_strict=True,
)

# What is to be told to whom: written with the episode in one transaction, so that nothing is lost.
notices = Table(
    "notices",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("episode", Integer, ForeignKey("episodes.key"), nullable=False),
    Column("event", Text, nullable=False),  # opened, ended
    Column("channel", Text, nullable=False),  # mail, webhook, apprise
    Column("not_before", SECONDS, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("claimed_until", SECONDS),  # a process is telling it
    Column("done_at", SECONDS),
    Column("outcome", Text),  # told, withdrawn, given up
    Column("fault", Text),  # why the last try failed
    UniqueConstraint("episode", "event", "channel"),
    Index(
        "waiting_notices",
        "not_before",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    sqlite_strict=True,
)

leases = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", SECONDS, nullable=False),
    sqlite_strict=True,
)

policies = Table(
    "policies",
    METADATA,
    Column("serial", SECONDS, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),  # TOML, as it was signed
    Column("signature", LargeBinary, nullable=False),
    Column("everyone", Integer, nullable=False),  # 1 for all sites, 0 for those of policy_sites
    sqlite_strict=True,
)

policy_sites = Table(
    "policy_sites",
    METADATA,
    Column("site", Integer, ForeignKey("sites.key"), primary_key=True),
    Column("serial", SECONDS, ForeignKey("policies.serial"), primary_key=True),
    sqlite_strict=True,
)
