"""`bandgap check`: one throughput test now, held against a capacity target.

On a terminal it shows its phase, the rate of the moment and the bytes spent while it works; in a pipe
nothing but the result. What is below the target is confirmed by a second test on another server, where there
is one. Exit code 0 means measured, 1 no measurement (the reason is in the result).
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
import uuid
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from agent import clock, counters, engine_settings, home, kept_tests, store, test_servers, wan
from agent.allowance import Allowance, allowance
from agent.config import AgentConfig
from agent.demo.mark import refuse_demo
from agent.engines import udp_echo
from agent.engines.plan import Phase, Show, Tally
from agent.engines.server_address import FORMS
from agent.engines.table import ENGINES
from agent.engines.udp_echo import Echo
from agent.installation import Installation, find
from agent.measure import HOLD_S, LONG_SECONDS, MAX_SECONDS, Beside, alone, take_capacity_sample
from agent.reach.preflight import preflight
from agent.second_test import confirmed, counting
from agent.snmp import others
from agent.snmp.asking import ask
from agent.test_servers import Asked
from agent.token_file import read_token
from reports import journal, sentences
from reports.faults import ConfigFault, UsageFault
from reports.samples import CapacitySample
from reports.settings import nearest
from reports.shipped import chosen, shipped_targets
from reports.targets import requirement

if TYPE_CHECKING:
    from agent.terminal import LiveLine

NOBODY_COUNTS = "this machine isn't on the path of all traffic (measure.sees_all_traffic)"


def main(argv: list[str]) -> int:
    args = _parser().parse_args(argv)
    if args.csv_header:
        print(",".join(f.name for f in fields(CapacitySample)))
        return 0
    place = find(os.environ)
    config = place.config
    home.refuse_without_home(args)
    engines = _engines(args, config)
    if args.scheduled and (refusal := _keep_to_the_budget(place, engines, args)):
        journal.tell("test", f"not made, {refusal}")
        return 0
    known = shipped_targets(config.targets.folder)
    if args.target and args.target not in known:
        raise UsageFault(f'--target: no target set "{args.target}"{nearest(args.target, known)}')
    target = known[args.target] if args.target else chosen(config.targets.sets[:1], known)[0]
    live = _live_line() if sys.stdout.isatty() and sys.stderr.isatty() else None
    if args.home:
        from reports.homework import benchmarks  # of no use to a scheduled test

        engines = test_servers.with_lists_read(engines, config, None)
        sample = _measure(place, engines, args, live)
        if live:
            live.wipe()
        return home.tell(sample, benchmarks(known), args, clock.now())
    asked = requirement(target, config.site)
    if not args.no_store:
        refuse_demo(place.state)
    notes = None if args.no_store else place.open()
    engines = test_servers.with_lists_read(engines, config, notes)
    tests: tuple[CapacitySample, ...] = (_measure(place, engines, args, live),)
    if notes:
        test_servers.forget_if_silent(engines, tests[0], notes)

    def allowed() -> Allowance:
        if notes is None:
            return Allowance(None, frozenset(), config.measure.test_every)
        return allowance(notes, config, clock.now(), tests)

    def ask_another(left: list[Asked]) -> CapacitySample:
        _say(args, live, "below target: asking another server")
        return _measure(place, left, args, live)

    if not args.no_confirm:
        tests = confirmed(tests[0], asked.rates, engines, config, allowed, ask_another)
    if live:
        live.wipe()
    if notes:
        dated = [test for test in tests if test.started_at >= clock.EARLIEST]
        for test in dated:
            kept_tests.add(notes, test)
        notes.close()
        if len(dated) < len(tests):
            print("bandgap: the clock isn't set, so this test isn't kept: it has no date", file=sys.stderr)
    if args.scheduled:
        for test in tests:
            words = sentences.outcome(test)
            _say(args, None, f"{words}, {sentences.both_rates(test)}" if test.outcome == "ok" else words)
    else:
        from agent.check_result import show  # nobody reads it when the agent asked

        form = next((name for name in ("json", "csv", "simple") if getattr(args, name)), "page")
        show(form, tests, target, asked, config)
    return 0 if counting(tests).outcome == "ok" else 1


def _live_line() -> LiveLine:
    from agent.terminal import LiveLine

    return LiveLine(sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bandgap check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the whole sample as JSON")
    form.add_argument("--csv", action="store_true", help="the sample as one CSV row (see --csv-header)")
    form.add_argument("--csv-header", action="store_true", help="the CSV header, and no test")
    form.add_argument("--simple", action="store_true", help="three lines: ping, download, upload")
    form.add_argument("--scheduled", action="store_true", help=argparse.SUPPRESS)
    cost = parser.add_mutually_exclusive_group()
    cost.add_argument("--light", action="store_true", help="cost little: see schedule.light_test_mb")
    cost.add_argument(
        "--long", action="store_true", help=f"hold the load for {HOLD_S:.0f} s each way, for bursts"
    )
    parser.add_argument("--engine", metavar="NAME", help=f"one of {', '.join(ENGINES)}")
    parser.add_argument("--server", metavar="ADDRESS", help="the engine's server; for http a URL")
    parser.add_argument("--target", metavar="SET", help="hold it against this set (see bandgap targets)")
    parser.add_argument("--no-confirm", action="store_true", help="below target, ask no second server")
    parser.add_argument("--no-store", action="store_true", help="keep nothing of it")
    home.add_arguments(parser)
    return parser


def _engines(args: argparse.Namespace, config: AgentConfig) -> list[Asked]:
    """Engines to try in order, each with its server. Who names one means that one and no other."""
    if args.engine and args.engine not in ENGINES:
        raise UsageFault(f'--engine: no engine "{args.engine}"{nearest(args.engine, ENGINES)}')
    if args.server:
        engine = args.engine or "http"
        read, form = FORMS[engine]
        try:
            return [(engine, read(args.server))]
        except ValueError:
            raise UsageFault(f'--server: found "{args.server}", expected {form}') from None
    return test_servers.configured((args.engine,) if args.engine else config.measure.engines, config)


def _keep_to_the_budget(place: Installation, engines: list[Asked], args: argparse.Namespace) -> str | None:
    """Takes engines away that have had their day's tests; says why no test may be made, if so.

    A long test that the budget has no room for is made as an ordinary one. Leaves a note for the loop of how
    rare tests must become for the month's budget to last.
    """
    connection = place.open()
    room = allowance(connection, place.config, clock.now())
    args.long = args.long and room.long
    stretched = room.every_s > place.config.measure.test_every
    store.note(connection, "test_every_s", f"{room.every_s:.0f}" if stretched else None)
    connection.close()
    left = [engine for engine in engines if engine[0] not in room.spent]
    if not left:
        return f"{' and '.join(sorted(room.spent))} had as many tests today as is agreed"
    engines[:] = left
    return room.refusal


def _measure(
    place: Installation,
    engines: list[Asked],
    args: argparse.Namespace,
    live: LiveLine | None,
) -> CapacitySample:
    config = place.config
    tally = Tally()

    def show(phase: Phase, mbps: float | None) -> None:
        if live:
            live.show(phase, mbps, f"{sentences.octets(tally.down_bytes + tally.up_bytes)} spent")

    reporter: Show = show
    interface = config.measure.interface
    if interface == "auto":
        interface = wan.default_interface() or ""
    lock = place.test_lock
    if not (args.no_store or args.home) or place.state.is_dir():
        place.state.mkdir(mode=0o750, parents=True, exist_ok=True)
    # An engine that lacks a setting has its own word for that.
    servers = [server for name, server in engines if not engine_settings.lacking(name, server, config)]
    return take_capacity_sample(
        engines,
        lock_path=lock,
        clock=clock.now,
        new_id=lambda: uuid.uuid4().hex,
        show=reporter,
        tally=tally,
        interface=interface or None,
        link_speed_mbps=counters.link(interface).speed_mbps if interface else None,
        contracted_mbps=max(
            (way for way in (config.contract.down_mbps, config.contract.up_mbps) if way is not None),
            default=None,
        ),
        preflight=lambda: preflight(servers, interface or None, config.reachability),
        beside=_beside(config, interface or None),
        echo=partial(udp_echo.measure, echo_server) if (echo_server := config.measure.irtt_server) else Echo,
        max_bytes=config.schedule.light_test_mb * 1_000_000 if args.light else config.most_test_bytes,
        max_seconds=LONG_SECONDS if args.long else MAX_SECONDS,
        least_s=HOLD_S if args.long else 0.0,
        ca_file=config.upload.ca_file,
        connection=config.contract.connection,
        tokens=_tokens(config),
        pins=config.measure.server_pins,
        table=engine_settings.table(config.measure),
    )


def _beside(config: AgentConfig, interface: str | None) -> Beside:
    """Who tells what others move during a test: the interface itself, the gateway, or nobody."""
    if config.demand_from == "gateway":
        return lambda: others.begin(
            lambda: ask(config.snmp, os.environ),
            lambda: counters.read(interface, time.monotonic()) if interface else None,
            _a_second,
        )
    return alone if config.demand_from else lambda: lambda: NOBODY_COUNTS


def _a_second() -> None:
    select.select([], [], [], 1.0)


def _tokens(config: AgentConfig) -> dict[str, str]:
    """The site's token for its collector's measurement endpoint, where there is one that can be read."""
    if config.upload.collector is None:
        return {}
    try:
        return {config.upload.collector: read_token(config.upload.token_file, os.environ)}
    except ConfigFault:
        return {}  # an endpoint that is open to all needs none; one that isn't says so


def _say(args: argparse.Namespace, live: LiveLine | None, words: str) -> None:
    """What goes on, to a person who watches or to the service's log; a pipe gets the result alone."""
    if live:
        live.wipe()
    if args.scheduled:
        journal.tell("test", words)
    elif live:
        print(words, file=sys.stderr)
