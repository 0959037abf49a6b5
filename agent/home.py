"""`bandgap check --home`: one check on a household's line against the benchmarks for households.

Nothing of it is kept, but with ``--tally`` one line that is nobody's (``reports/homework.py``).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from reports.faults import UsageFault
from reports.samples import CapacitySample
from reports.targets import TargetSet

NEEDS_HOME = ("students_at_home", "tally", "area")
MOST_STUDENTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words of a household's check."""
    group = parser.add_argument_group("on a household's line")
    group.add_argument("--home", action="store_true", help="against household benchmarks; keeps nothing")
    group.add_argument("--students-at-home", metavar="N", type=int, help="how many students live there (1)")
    group.add_argument("--tally", metavar="FILE", help="add an anonymous line of it to this file")
    group.add_argument("--area", metavar="CODE", help="the district's code of the area, for --tally")


def refuse_without_home(args: argparse.Namespace) -> None:
    """Raises UsageFault for words that don't fit together."""
    given = [name for name in NEEDS_HOME if getattr(args, name) is not None]
    if given and not args.home:
        raise UsageFault(f"--{given[0].replace('_', '-')}: goes with --home")
    if args.home and (args.csv or args.simple or args.scheduled or args.target):
        raise UsageFault("--home: goes with none of --csv, --simple and --target")
    if args.students_at_home is not None and not 1 <= args.students_at_home <= MOST_STUDENTS:
        raise UsageFault(f"--students-at-home: {args.students_at_home}, expected 1 to {MOST_STUDENTS}")
    if (args.tally is None) != (args.area is None):
        raise UsageFault("--tally FILE and --area CODE go together")
    if args.area is not None:
        from agent import home_tally  # a scheduled test needs none of this module's imports

        home_tally.area_code(args.area)


def tell(
    sample: CapacitySample, targets: Sequence[TargetSet], args: argparse.Namespace, now: datetime
) -> int:
    """Prints the verdict, and adds to the tally if that is asked for. Exit code 1: no measurement."""
    import json

    from agent import home_tally
    from reports.homework import answer, asked, home_check, home_verdict
    from reports.wire import plain

    students = args.students_at_home or 1
    verdict = home_verdict(sample, targets, students)
    if args.json:
        held = [
            {"set": one.id, "asked": plain(asked(one, students)), "answer": answer(sample, one, students)}
            for one in targets
        ]
        figures = {"down_mbps": sample.down_mbps, "up_mbps": sample.up_mbps, "flags": list(sample.flags)}
        print(json.dumps({"format": 1, **figures, "benchmarks": held, "verdict": verdict}, indent=2))
    else:
        print(verdict)
    if args.tally is not None and (kept := home_check(sample, targets, students, args.area, now)):
        home_tally.add(Path(args.tally), kept)
    return 0 if sample.outcome == "ok" else 1
