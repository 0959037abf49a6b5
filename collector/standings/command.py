"""``bandgap collector judge``: brings the standings up to date now, and tells past weeks if asked."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime

from collector.database import Database
from collector.settings import Settings
from reports.faults import Fault, UsageFault

MOST_WEEKS = 160


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
    database: Callable[[argparse.Namespace, Settings], Database],
    clock: Callable[[], datetime],
) -> None:
    """Adds the command to those of the collector."""
    judging = commands.add_parser(
        "judge", parents=[shared], help="judge the sites of which something came; `serve` does so by itself"
    )
    judging.add_argument("--all", action="store_true", help="all sites, as after a change of their facts")
    judging.add_argument(
        "--weeks", type=int, default=0, metavar="N", help="tell the trend of the N weeks before this one too"
    )
    judging.set_defaults(
        run=lambda asked, settings: _judge(asked, settings, database(asked, settings), clock)
    )


def _judge(
    asked: argparse.Namespace, settings: Settings, database: Database, clock: Callable[[], datetime]
) -> int:
    # Imported here, so that other commands don't wait for SQLAlchemy.
    from collector.engine import engine
    from collector.standings.judging import Judge
    from collector.store import open_store
    from reports.shipped import chosen, shipped_targets

    if not 0 <= asked.weeks <= MOST_WEEKS:
        raise UsageFault(f"--weeks: found {asked.weeks}, expected a number from 0 to {MOST_WEEKS}")
    targets = chosen(settings.targets.sets, shipped_targets(settings.targets.folder))
    store = open_store(database)
    source = engine(database)
    try:
        judge = Judge(source, store, targets[0], settings.evidence, settings.fleet.silent_after, clock)
        done = judge.catch_up(everything=asked.all)
        if done is None:
            raise Fault("another process is judging; wait until it is done, two minutes at most")
        if asked.weeks:
            judge.look_back(asked.weeks)
    finally:
        source.dispose()
        store.close()
    weeks = f", and {asked.weeks} weeks before this one" if asked.weeks else ""
    print(f"{done.judged:,} of {done.sites:,} sites judged{weeks}")
    return 0
