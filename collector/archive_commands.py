"""``bandgap collector archive`` and ``rollup``: what may be asked of them.

Their libraries are loaded when one of them runs, so that no other command needs or waits for them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from collector.asked import database
from collector.settings import Settings


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds both commands to the collector's."""
    archiving = commands.add_parser(
        "archive", parents=[shared], help="move old hours into Parquet files by day"
    )
    archiving.add_argument(
        "--older-than", metavar="AGE", help="of days that ended so long ago (default: 90d)"
    )
    archiving.add_argument("--to", metavar="PLACE", help="a folder, or a URL that fsspec knows")
    archiving.set_defaults(run=partial(_archive, now=now))

    rolling = commands.add_parser(
        "rollup", parents=[shared], help="what all sites come to in a week, a month, a school year"
    )
    rolling.add_argument("--period", choices=("week", "month", "school-year"), default="week")
    rolling.add_argument("--of", metavar="LABEL", help='as in "2026-W46", "2026-11" or "2026-27"')
    rolling.add_argument("--by", choices=("site", "district", "state"), default="site", help="a row for each")
    rolling.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    rolling.add_argument("--master", metavar="URL", help="Spark's master (default: this machine alone)")
    rolling.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    rolling.add_argument("--output", metavar="FILE", help="write there (default: standard output)")
    rolling.add_argument(
        "--archive", metavar="PLACE", help="where the archive lies, if not where settings say"
    )
    rolling.add_argument(
        "--sites", metavar="FILE", help="CSV or Parquet: site, district, state, circuit, ..."
    )
    rolling.set_defaults(run=partial(_rollup, now=now))


def _archive(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.archive.command import archive

    return archive(database(asked, settings), settings.archive, asked.to, asked.older_than, now())


def _rollup(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.rollups.command import rollup

    return rollup(database(asked, settings), settings.archive, asked, now())
