"""``bandgap collector import``: schools from a sheet, all of it or, with every fault named, nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from collector.asked import opened
from collector.settings import Settings
from reports.faults import Fault


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds the command to the collector's."""
    importing = commands.add_parser(
        "import", parents=[shared], help="enter schools, districts and circuits from a CSV file"
    )
    importing.add_argument("file", metavar="FILE", help="a CSV file with a column id (see docs/schools.md)")
    importing.add_argument("--dry-run", action="store_true", help="say what is wrong and what would change")
    importing.set_defaults(run=partial(_import, now=now))


def _import(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.schools.importing import enter
    from collector.schools.reading import read_schools

    path = Path(asked.file)
    found = read_schools(path)
    if found.faults:
        for line in found.faults:
            print(f"{path.name}: {line}")
        count = len(found.faults)
        raise Fault(f"{path}: {count:,} fault{'' if count == 1 else 's'}; nothing was entered")
    with opened(asked, settings) as source:
        outcome = enter(source, found, now(), dry_run=asked.dry_run)
    print(("would be entered: " if asked.dry_run else "entered: ") + (outcome.words or "no school"))
    return 0
