"""`bandgap targets`: the capacity targets known here, each with its issuer, document, year and source."""

from __future__ import annotations

import argparse
import json
import os

from tabulate import tabulate

from agent import installation
from reports.sentences import asks, rate
from reports.shipped import chosen, shipped_targets
from reports.sites import Site
from reports.targets import TargetSet, requirement
from reports.wire import plain

SCOPES = {"district": "district", "school": "school", "wan": "WAN link", "household": "household"}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap targets", description=__doc__)
    parser.add_argument("set", nargs="?", help="one target set, with its bands and sources")
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    config = installation.find(os.environ).config
    known = shipped_targets(config.targets.folder)
    sets = chosen((args.set,), known) if args.set else tuple(known.values())
    if args.json:
        print(json.dumps([plain(target) for target in sets], indent=2))
    elif args.set:
        print(_one(sets[0], config.site))
    else:
        rows = [
            [
                target.id,
                target.name,
                f"{target.issuer}, {target.year}" if target.year else target.issuer,
                SCOPES[target.scope],
                _asks(target, config.site),
            ]
            for target in sets
        ]
        print(tabulate(rows, headers=["set", "name", "issuer", "for a", "asks of this site"]))
        print("\nSources: bandgap targets SET")
        if config.missing_for_a_verdict:
            print(config.missing_for_a_verdict)
    return 0


def _asks(target: TargetSet, site: Site) -> str:
    asked = requirement(target, site)
    if asked.why_not:
        return asked.why_not if asked.applies else "doesn't apply here"
    words = [f"{rate(asked.rates.down_mbps)} down"] if asked.rates.down_mbps is not None else []
    words += [f"{rate(asked.rates.up_mbps)} up"] if asked.rates.up_mbps is not None else []
    return ", ".join(words)


def _one(target: TargetSet, site: Site) -> str:
    per = {"user": "user (students, staff, guests)", "student-and-staff": "student and member of staff"}
    lines = [
        f"{target.name}  ({target.id})",
        f"  issuer    {target.issuer}",
        f"  document  {target.document}" + (f", {target.year}" if target.year else ""),
        f"  url       {target.url}",
        *([f"  read in   {target.secondhand}"] if target.secondhand else []),
        f"  for       {target.for_years}; status: {target.status}; set for a {SCOPES[target.scope]}",
        *([f"  note      {target.note}"] if target.note else []),
    ]
    for band in target.bands:
        figures = [
            f"{each:g} Mbps {way} per {per.get(target.basis, target.basis)}"
            for way, each in (("down", band.down_mbps_each), ("up", band.up_mbps_each))
            if each is not None
        ] + [
            f"at least {floor:g} Mbps {way}"
            for way, floor in (("down", band.down_floor_mbps), ("up", band.up_floor_mbps))
            if floor is not None
        ]
        lines.append(f"  asks      {band.name}: {'; '.join(figures)}")
    lines.append(f"  here      {asks(target, requirement(target, site))}")
    return "\n".join(lines)
