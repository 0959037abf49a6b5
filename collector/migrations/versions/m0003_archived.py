"""What left the store for the archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0003"
down_revision = "0002"

SECONDS: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "archived",
        sa.Column("key", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer()),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("size_bytes", SECONDS, nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("archived_at", SECONDS, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_archived"),
        sqlite_strict=True,
    )
    op.create_index("ix_archived_day", "archived", ["day"])
