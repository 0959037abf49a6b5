"""`bandgap support`: one file for whoever helps: journal, settings, status, doctor, versions, and no secrets.

Samples stay here unless --samples is given. Nothing is sent: look at the file, then send it yourself.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent import clock, paths
from agent.config import parse
from agent.installation import Installation, find
from agent.support.bundle import FOLDER, Packed, manifest, pack
from agent.support.parts import made, parts
from agent.support.redaction import Redaction, known_secrets
from reports.faults import Fault, UsageFault


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap support", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: here, named after the time"
    )
    parser.add_argument("--samples", action="store_true", help="tests, usage and outages of the store too")
    args = parser.parse_args(argv)
    now = clock.now()
    path = args.output or Path(f"{FOLDER}-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    if path.exists():
        raise UsageFault(f"{path}: exists already; name another with -o")
    place, fault = _place()
    settings = _settings()
    redaction = Redaction(known_secrets(place.config, settings, os.environ))
    files = [
        Packed(part.name, part.about, redaction.clean(made(part)).encode())
        for part in parts(place, settings, fault, os.environ, now, samples=args.samples)
    ]
    text = manifest(files, now, samples=args.samples)
    pack(path, files, text, now)
    print(text.partition("\n\n")[0])
    for one in files:
        print(f"{len(one.data):>9,}  {one.name}: {one.about}")
    print(f"{path}: nothing was sent; look into it, then send it to whoever helps you")
    return 0


def _place() -> tuple[Installation, str | None]:
    """This gateway; with the defaults, and the reason, where its settings can't be used."""
    try:
        return find(os.environ), None
    except Fault as fault:
        root = os.geteuid() == 0
        config = parse("", None, zone="UTC")
        return Installation(config, paths.state_dir(os.environ, root=root)), str(fault)


def _settings() -> str:
    try:
        path = paths.config_path(os.environ, root=os.geteuid() == 0)
        return path.read_text(errors="replace") if path else ""
    except (Fault, OSError) as fault:
        return f"# can't be read: {fault}\n"
