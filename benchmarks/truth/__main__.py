"""The command: ``python -m benchmarks.truth``; with ``--suite`` it writes the document of all tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import truth
from benchmarks.truth import faults
from benchmarks.truth.groups import GROUPS, Group
from benchmarks.truth.lines import arguments, measured
from benchmarks.truth.tables import table, verdict

FAULTS = "faults"

INTRODUCTION = """# Measured against true

What `make truth` printed last: the http engine, and what people use instead, on lines whose rate is known, in turn on
the same line. `make truth ONLY=NAME` makes one table anew and leaves the others as they are. The bed is
`tests/testbed`: a school, its provider and a server as network namespaces, shaped by htb, delayed in user space. True
is the shaped rate times 1448/1514, what of it TCP can carry as payload. Errors are of the payload rate; *median* and
*worst* are over the runs; MB and seconds are of the whole test, both ways for the http engine and speedtest-cli, one
way for iperf3 and curl. CPU is the client's, per Gbit received, in the load phase. *Others* are a classroom's traffic:
its share of the line, in so many flows, down or up. *Said* is what a result itself says against its being trusted.

The machine had two cores, one for the client and one for the rest of the world, and was shared with others: a run
that was disturbed is in the table like the rest."""


def main(words: list[str]) -> None:
    parser = _arguments()
    asked = parser.parse_args(words)
    names = asked.only or ([*GROUPS, FAULTS] if asked.suite else [])
    if unknown := [name for name in names if name not in (*GROUPS, FAULTS)]:
        parser.error(f"no such table: {', '.join(unknown)}; there are {', '.join([*GROUPS, FAULTS])}")
    for name in names:
        made = faults.section() if name == FAULTS else _section(name, GROUPS[name], asked.repeats)
        print(made, flush=True)
        if asked.suite:
            _put(asked.suite, name, made)
    if not names:
        print(table(measured(asked)))


def _section(name: str, group: Group, repeats: int) -> str:
    """Measures a table and lays it out."""
    rows = measured(arguments().parse_args([*group.words.split(), "--repeats", str(repeats)]))
    parts = [f"## {group.title}", f"`make truth ONLY={name}`"]
    parts += [group.about] if group.about else []
    parts += [table(rows)]
    parts += [verdict(rows, group.judged, group.within)] if group.within else []
    return "\n\n".join(parts)


def _put(path: Path, name: str, made: str) -> None:
    """Puts a section into the document in the suite's order; the other sections stay as they are."""
    titles = {each: f"## {group.title}" for each, group in GROUPS.items()} | {FAULTS: f"## {faults.TITLE}"}
    found = {}
    if path.exists():
        for section in path.read_text().split("\n## ")[1:]:
            found["## " + section.split("\n", 1)[0]] = f"## {section.strip()}"
    found[titles[name]] = made
    sections = [found[title] for title in titles.values() if title in found]
    path.write_text("\n\n".join([INTRODUCTION, *sections]) + "\n")


def _arguments() -> argparse.ArgumentParser:
    parser = arguments()
    parser.description = truth.__doc__
    parser.add_argument("--only", nargs="*", help=f"tables of the suite: {', '.join([*GROUPS, FAULTS])}")
    parser.add_argument("--suite", type=Path, help="run the suite, and write its tables to this file")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
