"""`bandgap service`: the systemd service of an installation by uv tool or pipx. A package brings its own."""

from __future__ import annotations

import argparse
import json
import os

from tabulate import tabulate

from agent import service_manager, units
from agent.service_manager import SHOWN, SYSTEMD, systemctl
from reports.faults import Fault


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap service", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("install", help="write the units, enable the agent and start it").set_defaults(
        run=_install
    )
    commands.add_parser("remove", help="stop the agent and take the units away; data stay").set_defaults(
        run=_remove
    )
    showing = commands.add_parser("status", help="whether it is installed, enabled and running")
    showing.add_argument("--json", action="store_true", help="as JSON")
    showing.set_defaults(run=_status)
    args = parser.parse_args(argv)
    return int(args.run(args))


def _install(_args: argparse.Namespace) -> int:
    _allowed("install")
    if units.PACKAGED.exists():
        raise Fault(
            "the package bandgap-agent has the service; use: sudo systemctl enable --now bandgap-agent"
        )
    changed = service_manager.install()
    what = f"written: {', '.join(changed)}" if changed else "nothing to change"
    print(f"{units.AGENT} is enabled and running; {what}.")
    return 0


def _remove(_args: argparse.Namespace) -> int:
    _allowed("remove")
    here = [name for name in (units.TIMER, units.AGENT) if units.ours(units.FOLDER / name)]
    if here:
        systemctl("disable", "--quiet", "--now", *here)
    gone = units.remove()
    if gone:
        systemctl("daemon-reload")
    print(
        f"removed: {', '.join(gone)}; settings stay in /etc/bandgap and samples in /var/lib/bandgap."
        if gone
        else "There is no service that bandgap has installed."
    )
    return 0


def _status(args: argparse.Namespace) -> int:
    _booted()
    found = {name: service_manager.shown(name) for name in units.NAMES}
    if args.json:
        print(json.dumps({"format": 1, "units": found}, indent=2))
    else:
        rows = [(name, *(told[key] or "–" for key in SHOWN)) for name, told in found.items()]
        print(tabulate(rows, headers=("unit", "file", "at boot", "now", "says"), disable_numparse=True))
    return 0 if found[units.AGENT]["ActiveState"] == "active" else 1


def _allowed(word: str) -> None:
    _booted()
    if os.geteuid() != 0:
        raise Fault(f"only root may do that; run: sudo bandgap service {word}")


def _booted() -> None:
    if not SYSTEMD.is_dir():
        raise Fault("systemd doesn't run this machine; start `bandgap run` by whatever does")
