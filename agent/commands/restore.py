"""`bandgap restore`: puts a backup in the store's place while no agent runs; the present one is set aside."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent import clock, paths
from agent.backups import restore
from agent.installation import find
from agent.terminal import Counting


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap restore", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that bandgap backup wrote")
    args = parser.parse_args(argv)
    place = find(os.environ)
    state = paths.usable(place.state)
    with Counting("restore") as counting:
        aside = restore(state, args.file, clock.now(), counting.of_bytes)
    print(f"{args.file}: restored" + (f"; the store that was there is now {aside}" if aside else ""))
    return 0
