"""`bandgap doctor`: whether this gateway has all it needs, and the command that mends what it lacks.

Exit code 0: nothing failed, though there may be warnings. 1: something failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from dataclasses import asdict

from agent import clock
from agent.doctor import firewall
from agent.doctor.checks import examine
from agent.doctor.finding import Finding
from agent.doctor.ground import Patient
from agent.installation import find
from agent.terminal import colourful, paint

TONES = {"pass": "good", "warn": "unsure", "fail": "bad"}
WIDTH = 79


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument(
        "--firewall", action="store_true", help="a page for whoever runs the firewall, and no check"
    )
    args = parser.parse_args(argv)
    place = find(os.environ)
    if args.firewall:
        print(firewall.page(place.config))
        return 0
    found = examine(Patient(place, os.environ, clock.now()))
    print(json.dumps(told(found), indent=2) if args.json else _page(found))
    sys.stdout.flush()
    return 1 if any(one.verdict == "fail" for one in found.values()) else 0


def told(found: dict[str, Finding]) -> dict[str, object]:
    """The JSON of ``--json``."""
    verdicts = [one.verdict for one in found.values()]
    worst = next((each for each in ("fail", "warn") if each in verdicts), "pass")
    return {
        "format": 1,
        "verdict": worst,
        "checks": [{"check": name, **asdict(one)} for name, one in found.items()],
    }


def _page(found: dict[str, Finding]) -> str:
    colour = colourful(sys.stdout, os.environ)
    lines = []
    for name, one in found.items():
        head = f"{one.verdict}  {name.replace('_', ' '):<14}"
        first, *rest = textwrap.wrap(one.words, WIDTH - len(head) - 1) or [""]
        lines.append(f"{paint(one.verdict, TONES[one.verdict], colour=colour)}{head[4:]} {first}")
        lines += [" " * (len(head) + 1) + more for more in rest]
        if one.mend and one.verdict != "pass":
            lines.append(" " * (len(head) + 1) + f"-> {one.mend}")
    counts = [f"{sum(one.verdict == each for one in found.values())} {each}" for each in TONES]
    return "\n".join([*lines, "", ", ".join(counts)])
