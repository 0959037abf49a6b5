"""What Alembic runs: the migrations that lack, on the connection that ``migrating.py`` has locked."""

from __future__ import annotations

from alembic import context

from collector import fleet_tables  # noqa: F401  # tables beside those of collector/tables.py
from collector.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
