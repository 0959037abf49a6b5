"""`bandgap status`: what the agent does, when it last did it, and what waits."""

from __future__ import annotations

import argparse
import json
import os
import sys

from tabulate import tabulate

from agent import clock
from agent.installation import find
from agent.status_facts import gather
from agent.status_words import status_rows
from agent.terminal import colourful


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap status", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    facts = gather(place, now)
    if args.json:
        print(json.dumps({"format": 1, **facts}, indent=2))
    else:
        rows = status_rows(facts, now, colour=colourful(sys.stdout, os.environ))
        print(tabulate(rows, tablefmt="plain"))
        if place.config.missing_for_a_verdict:
            print("\n" + place.config.missing_for_a_verdict)
    return 0
