"""What else is known of schools, what is watched there and whom it is told to, and signed policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"

SECONDS: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "school_facts",
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), primary_key=True),
        sa.Column("devices", sa.Integer),
        sa.Column("locale", sa.Text),
        sqlite_strict=True,
    )
    _watch()
    _notices()
    _policies()


def _watch() -> None:
    op.create_table(
        "watched",
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), primary_key=True),
        sa.Column("heard_at", SECONDS),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("every_s", sa.Integer, nullable=False),
        sa.Column("silent_at", SECONDS),
        sa.Column("judged_at", SECONDS, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_watched_silent_at"), "watched", ["silent_at"])
    op.create_table(
        "episodes",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("opened_at", SECONDS, nullable=False),
        sa.Column("since", SECONDS, nullable=False),
        sa.Column("ended_at", SECONDS),
        sa.Column("until", SECONDS),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sqlite_strict=True,
    )
    going = sa.text("ended_at IS NULL")
    op.create_index(
        "open_episodes",
        "episodes",
        ["site", "kind"],
        unique=True,
        sqlite_where=going,
        postgresql_where=going,
    )
    op.create_index(op.f("ix_episodes_opened_at"), "episodes", ["opened_at"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("episode", sa.Integer, sa.ForeignKey("episodes.key"), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("not_before", SECONDS, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("claimed_until", SECONDS),
        sa.Column("done_at", SECONDS),
        sa.Column("outcome", sa.Text),
        sa.Column("fault", sa.Text),
        sa.UniqueConstraint("episode", "event", "channel"),
        sqlite_strict=True,
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index(
        "waiting_notices", "notices", ["not_before"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", SECONDS, nullable=False),
        sqlite_strict=True,
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("serial", SECONDS, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("everyone", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "policy_sites",
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), primary_key=True),
        sa.Column("serial", SECONDS, sa.ForeignKey("policies.serial"), primary_key=True),
        sqlite_strict=True,
    )
