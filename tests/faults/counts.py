"""What the fault harness has tried and found, as numbers: collected by the tests, written down by `make faults`.

BANDGAP_FAULT_COUNTS=FILE pytest tests/faults && python -m tests.faults.counts FILE docs/reliability.md

Tests call ``count`` with what they did; without ``BANDGAP_FAULT_COUNTS`` it goes nowhere.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FILE = "BANDGAP_FAULT_COUNTS"
BEGIN, END = "<!-- make faults: begin -->", "<!-- make faults: end -->"


def size(name: str, short: int) -> int:
    """How many of something a test tries: ``short``, or what BANDGAP_FAULT_``name`` says."""
    return int(os.environ.get(f"BANDGAP_FAULT_{name}", short))


def count(what: str, tried: int, found: str) -> None:
    """Keeps one line of the table: what was done, how often, and what came of it."""
    if FILE in os.environ:
        with open(os.environ[FILE], "a") as out:
            out.write(json.dumps([what, tried, found]) + "\n")


def table(lines: list[str]) -> str:
    """The counts as a Markdown table, in the order in which the tests told them."""
    rows = [json.loads(line) for line in lines]
    body = "\n".join(f"| {what} | {tried:,} | {found} |" for what, tried, found in rows)
    return f"| what was done | how often | what was found |\n|---|---|---|\n{body}\n"


def main(argv: list[str]) -> int:
    counts, document = map(Path, argv)
    text = document.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    said = table(counts.read_text().splitlines())
    document.write_text(f"{before}{BEGIN}\n{said}{END}{after}")
    print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
