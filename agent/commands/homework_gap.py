"""`bandgap homework-gap`: how many of the homes that were checked meet each household benchmark, by area.

Groups of fewer than ten aren't told, nor what they could be worked out from. A home that was checked twice
counts twice.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from pathlib import Path

from tabulate import tabulate

from agent import home_tally
from agent.installation import find
from reports.homework import homework_line
from reports.sentences import percent
from reports.shipped import shipped_targets
from reports.small_cells import FEWEST, Cells, Told, told
from reports.wire import plain

HEADS = ("area", "checks", "meets", "short")
ALL = "all areas"
HIDDEN = (
    f"–: fewer than {FEWEST}, or held back so that such a number can't be worked out. "
    "Checks that left it unclear don't count."
)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap homework-gap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="what `bandgap check --home --tally` wrote")
    parser.add_argument("--format", choices=("text", "csv", "json"), default="text", help="default: text")
    args = parser.parse_args(argv)
    checks = [check for file in args.files for check in home_tally.read(Path(file))]
    known = shipped_targets(find(os.environ).config.targets.folder)
    names = {one: target.name for one, target in known.items()}
    tables = told((check.area, check.answers) for check in checks)
    sys.stdout.write({"text": _text, "csv": _csv, "json": _json}[args.format](tables, names))
    return 0


def _text(tables: tuple[Told, ...], names: dict[str, str]) -> str:
    if not tables:
        return "No checks yet: `bandgap check --home --tally FILE --area CODE` adds them.\n"
    parts = []
    for table in tables:
        name = names.get(table.benchmark, table.benchmark)
        rows = [(*_shown(one), _share(one)) for one in (*table.areas, table.total)]
        align = ("left", *["right"] * 4)
        lines = tabulate(rows, (*HEADS, "share"), tablefmt="plain", colalign=align, disable_numparse=True)
        parts.append("\n".join(filter(None, (name.upper(), lines, homework_line(name, table.total)))))
    return "\n\n".join((*parts, HIDDEN)) + "\n"


def _csv(tables: tuple[Told, ...], names: dict[str, str]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("benchmark", *HEADS))
    for table in tables:
        for one in (*table.areas, table.total):
            figures = ("" if count is None else count for count in (one.checks, one.meets, one.short))
            rows.writerow((table.benchmark, one.area or ALL, *figures))
    return text.getvalue()


def _json(tables: tuple[Told, ...], names: dict[str, str]) -> str:
    return json.dumps({"format": 1, "fewest": FEWEST, "benchmarks": plain(tables)}, indent=2) + "\n"


def _shown(one: Cells) -> tuple[str, ...]:
    counts = (one.checks, one.meets, one.short)
    return (one.area or ALL, *("–" if count is None else f"{count:,}" for count in counts))


def _share(one: Cells) -> str:
    return "–" if one.meets is None or not one.checks else percent(one.meets / one.checks)
