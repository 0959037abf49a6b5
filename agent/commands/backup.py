"""`bandgap backup`: a whole copy of the store in one file, made while the agent runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent.backups import back_up
from agent.installation import find
from agent.terminal import Counting
from reports.sentences import octets


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap backup", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write it")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    args = parser.parse_args(argv)
    place = find(os.environ)
    with Counting("backup") as counting:
        back_up(place.state, args.file, force=args.force, show=counting.of_bytes)
    print(f"{args.file}: {octets(args.file.stat().st_size)}, checked")
    return 0
