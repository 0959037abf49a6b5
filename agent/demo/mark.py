"""How a demo's store is told from a real one, by what stays resident too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from agent import store
from reports.faults import ConfigFault, Fault

NOTE = "demo"
"""The note of a store that `bandgap demo` made up; it says of which seed and up to when."""


def mark(connection: sqlite3.Connection) -> str | None:
    """What a demo's store says of itself; None for a real one."""
    return store.noted(connection, NOTE)


def refuse_demo(folder: Path) -> None:
    """Raises ConfigFault where a demo's store is: nothing that was measured is kept among what wasn't."""
    try:
        with closing(store.open_store(folder, read_only=True)) as connection:
            found = mark(connection)
    except (Fault, sqlite3.Error):
        return  # whatever it is, whoever opens it says so
    if found is not None:
        raise ConfigFault(
            f"{folder / store.FILE}: demo data, nothing real is kept with it; "
            "unset BANDGAP_STATE_DIR or name another folder"
        )
