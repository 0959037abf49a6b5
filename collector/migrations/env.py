"""What Alembic runs: the migrations that lack, on the connection that ``migrating.py`` has locked."""

from __future__ import annotations

from alembic import context

from collector import fleet_tables  # noqa: F401  # tables beside those of collector/tables.py
from collector.archive import table as _archived  # noqa: F401  # a table of METADATA
from collector.people import tables as _people  # noqa: F401  # describes its tables in METADATA
from collector.standings import tables as _standings  # noqa: F401  # adds its tables to METADATA
from collector.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
