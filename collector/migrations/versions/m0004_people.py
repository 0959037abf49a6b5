"""People with their sessions, tokens and codes, and the log of what was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _api_tokens()
    _site_tokens()
    op.create_table(
        "audit",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("at", SECONDS, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("place", sa.Integer, sa.ForeignKey("places.key")),
        sqlite_strict=True,
    )
    op.create_table(
        "notes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("everywhere", sa.Integer, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("made_at", SECONDS, nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
        sa.CheckConstraint("role IN ('viewer', 'district_admin', 'state_admin')", name="role"),
        sqlite_strict=True,
    )
    op.create_table(
        "people_places",
        sa.Column("person", sa.Integer, sa.ForeignKey("people.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer, sa.ForeignKey("places.key"), primary_key=True),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("secret_sha256", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("people.key", ondelete="CASCADE"), nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("made_at", SECONDS, nullable=False),
        sa.Column("seen_at", SECONDS, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sessions_person"), "sessions", ["person"])


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("key", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("everywhere", sa.Integer, nullable=False),
        sa.Column("made_at", SECONDS, nullable=False),
        sa.Column("ends_at", SECONDS, nullable=False),
        sa.Column("used_on", sa.Text),
        sqlite_strict=True,
    )
    op.create_table(
        "api_token_places",
        sa.Column(
            "api_token", sa.Integer, sa.ForeignKey("api_tokens.key", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("place", sa.Integer, sa.ForeignKey("places.key"), primary_key=True),
        sqlite_strict=True,
    )


def _site_tokens() -> None:
    op.create_table(
        "old_site_tokens",
        sa.Column("token_sha256", sa.LargeBinary, primary_key=True),
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), nullable=False),
        sa.Column("ends_at", SECONDS, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_old_site_tokens_site"), "old_site_tokens", ["site"])
    op.create_table(
        "enrolment_codes",
        sa.Column("code_sha256", sa.LargeBinary, primary_key=True),
        sa.Column("site", sa.Integer, sa.ForeignKey("sites.key"), nullable=False),
        sa.Column("ends_at", SECONDS, nullable=False),
        sa.Column("used_at", SECONDS),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_enrolment_codes_site"), "enrolment_codes", ["site"])
