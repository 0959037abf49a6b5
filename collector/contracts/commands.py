"""``bandgap collector contract``: add one, import a sheet, list all with their prices beside their peers'."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from tabulate import tabulate

from collector.asked import database, opened
from collector.contracts.registry import Circuit, all_circuits, keep_circuit
from collector.engine import reading, writing
from collector.registry import place
from collector.settings import Settings
from reports.faults import ConfigFault, Fault, UsageFault
from reports.price_peers import PeerPrice, peer_prices
from reports.small_cells import FEWEST

OPTIONS = (
    "provider",
    "connection",
    "down_mbps",
    "up_mbps",
    "monthly_cost",
    "currency",
    "starts_on",
    "ends_on",
)


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds the commands to the collector's."""
    contracts = commands.add_parser("contract", help="what was bought for each circuit, and at what price")
    actions = contracts.add_subparsers(required=True, metavar="add|import|list")
    adding = actions.add_parser("add", parents=[shared], help="enter or change one circuit's contract")
    adding.add_argument("circuit", metavar="CIRCUIT", help="the circuit's id")
    for name in OPTIONS:
        adding.add_argument("--" + name.replace("_", "-"), metavar=name.split("_")[-1].upper())
    adding.add_argument("--district-id", metavar="ID", help="the district that holds the contract")
    adding.add_argument("--notes")
    adding.set_defaults(run=_add)
    importing = actions.add_parser("import", parents=[shared], help="enter contracts from a CSV file")
    importing.add_argument(
        "file", metavar="FILE", help="a CSV file with a column circuit (see docs/schools.md)"
    )
    importing.add_argument("--dry-run", action="store_true", help="say what is wrong and what would change")
    importing.set_defaults(run=_import)
    listing = actions.add_parser(
        "list", parents=[shared], help="all contracts, and prices beside their peers'"
    )
    listing.add_argument(
        "--ending", action="store_true", help="only those that end before the E-rate window ([erate]) opens"
    )
    listing.set_defaults(run=partial(_list, now=now))
    circuits = commands.add_parser(
        "circuits", parents=[shared], help="each circuit with all its schools counted as one"
    )
    circuits.set_defaults(run=partial(_circuits, now=now))


def _add(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.contracts.sheets import notes, wrong_together
    from collector.schools.columns import cell

    try:
        cell("circuit", asked.circuit, decimal_comma=False)
        said = {
            name: cell(name, text, decimal_comma=False)
            for name in (*OPTIONS, "district_id")
            if (text := getattr(asked, name)) is not None
        }
        if asked.notes:
            said["notes"] = notes(asked.notes)
    except ConfigFault as fault:
        raise UsageFault(str(fault)) from None
    if wrong := wrong_together(said):
        raise UsageFault(wrong[0])
    with opened(asked, settings) as source, writing(source) as connection:
        _, became = keep_circuit(connection, asked.circuit, _placed(connection, said))
    print(f"{asked.circuit}: {'as it was' if became == 'same' else became}")
    return 0


def _import(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.contracts.sheets import read_contracts

    path = Path(asked.file)
    found = read_contracts(path)
    if found.faults:
        for line in found.faults:
            print(f"{path.name}: {line}")
        raise Fault(f"{path}: {len(found.faults):,} fault(s); nothing was entered")
    with opened(asked, settings) as source:
        try:
            with writing(source) as connection:
                became = [
                    keep_circuit(connection, one, _placed(connection, said))[1]
                    for one, said in found.circuits.items()
                ]
                if asked.dry_run:
                    raise _NotMeant
        except _NotMeant:
            pass
    said = Counter("as they were" if one == "same" else one for one in became)
    counts = ", ".join(f"{count:,} {words}" for words, count in said.items())
    print(f"{'would be entered' if asked.dry_run else 'entered'}: contracts: {counts or 'none'}")
    return 0


class _NotMeant(Exception):
    """Undoes what a dry run did."""


def _placed(connection: Connection, said: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the district's key in its id's place. Raises Fault for one that isn't known."""
    found = dict(said)
    if one := found.pop("district_id", None):
        where = place(connection, "district", one)
        if where is None:
            raise Fault(f'district_id: no district "{one}" is known; `bandgap collector import` enters them')
        found["place"] = where.key
    return found


def ending(known: list[Circuit], settings: Settings) -> list[Circuit]:
    """Circuits whose contracts end before the next E-rate window opens, the first to end first.

    Raises ConfigFault while nobody has said when that is.
    """
    opens = settings.erate.window_opens
    if opens is None:
        raise ConfigFault(
            "erate.window_opens isn't set in collector.toml: USAC announces the dates of each filing window"
        )
    last = [(one.contract.ends_on, one) for one in known if one.contract.ends_on]
    return [one for ends, one in sorted(last, key=lambda pair: (pair[0], pair[1].id)) if ends < opens]


def _list(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    with opened(asked, settings) as source, reading(source) as connection:
        known = all_circuits(connection)
    today = now().date()
    shown = ending(known, settings) if asked.ending else known
    prices = {one.circuit: one for one in peer_prices(one.priced() for one in known if one.holds(today))}
    if not shown:
        print("No contract ends before that window." if asked.ending else "No circuit is known yet.")
        return 0
    rows = [_row(one, prices.get(one.id), today) for one in shown]
    head = ("circuit", "district", "provider", "Mbps down/up", "a month", "per Mbps", "peers' median", "ends")
    print(tabulate(rows, headers=head, disable_numparse=True))
    print(f"Peers are circuits of the same size and currency; fewer than {FEWEST} tell nothing.")
    return 0


def _row(one: Circuit, price: PeerPrice | None, today: date) -> tuple[str, ...]:
    contract = one.contract
    ends = contract.ends_on
    per = price.per_mbps if price else None
    median = (
        f"{price.median_per_mbps:,.2f} of {price.peers}"
        if price and price.median_per_mbps is not None
        else "–"
    )
    return (
        one.id,
        one.district or "–",
        contract.provider or "–",
        f"{_figure(contract.down_mbps)} / {_figure(contract.up_mbps)}",
        "–" if contract.monthly_cost is None else f"{contract.monthly_cost:,.2f} {contract.currency}",
        "–" if per is None else f"{per:,.2f}",
        median,
        "–" if ends is None else f"{ends}, over" if ends < today else str(ends),
    )


def _figure(mbps: float | None) -> str:
    return "–" if mbps is None else f"{mbps:,.0f}"


def _circuits(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.contracts.sharing import shared_circuits
    from collector.store import open_store
    from reports.sentences import rate, verdict
    from reports.shared_circuit import circuit_gap, demand_words
    from reports.shipped import chosen, shipped_targets

    target = chosen(settings.targets.sets, shipped_targets(settings.targets.folder))[0]
    store = open_store(database(asked, settings))
    with opened(asked, settings) as source, reading(source) as connection:
        found = shared_circuits(connection, store.newest_weeks(now(), 1))
    store.close()
    if not found:
        print("No site is on a circuit yet; `bandgap collector import` puts them there.")
    for each in found:
        gap = circuit_gap(target, each, settings.evidence)
        many = len(each.schools)
        students = "students unknown" if each.site.students is None else f"{each.site.students:,} students"
        print(f"{each.site.name}: {many} school{'' if many == 1 else 's'}, {students}")
        print(f"  contracted {rate(each.contract.down_mbps)}, demand down {demand_words(each.down)}")
        print(f"  {verdict(gap) if gap else 'No week has been told yet.'}")
        if each.unheard:
            print(f"  without this week: {', '.join(each.unheard)}")
    return 0
