"""`bandgap check`: one throughput test now, held against a capacity target.

On a terminal it shows its phase, the rate of the moment and the bytes spent while it works; in a pipe
nothing but the result. Exit code 0 means measured, 1 no measurement (the reason is in the result).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import uuid
from dataclasses import fields
from datetime import timedelta
from zoneinfo import ZoneInfo

from agent import clock, counters, engine_settings, store, wan
from agent.budget import RECENT, account, month_of, spent_engines
from agent.config import AgentConfig
from agent.engines.plan import Phase, Show, Tally
from agent.engines.server_address import FORMS
from agent.engines.table import ENGINES
from agent.history import History
from agent.installation import Installation, find
from agent.measure import take_capacity_sample
from agent.reach.preflight import preflight
from agent.terminal import LiveLine, colourful, paint
from agent.token_file import read_token
from reports import sentences
from reports.faults import ConfigFault, UsageFault
from reports.samples import CapacitySample
from reports.settings import nearest
from reports.shipped import chosen, shipped_targets
from reports.targets import Requirement, TargetSet, requirement
from reports.wire import plain


def main(argv: list[str]) -> int:
    args = _parser().parse_args(argv)
    if args.csv_header:
        print(",".join(f.name for f in fields(CapacitySample)))
        return 0
    place = find(os.environ)
    config = place.config
    engines = _engines(args, config)
    if args.scheduled and (refusal := _keep_to_the_budget(place, engines)):
        print(f"INFO test: not made, {refusal}", file=sys.stderr)
        return 0
    known = shipped_targets(config.targets.folder)
    if args.target and args.target not in known:
        raise UsageFault(f'--target: no target set "{args.target}"{nearest(args.target, known)}')
    target = known[args.target] if args.target else chosen(config.targets.sets[:1], known)[0]
    live = LiveLine(sys.stderr) if sys.stdout.isatty() and sys.stderr.isatty() else None
    sample = _measure(place, engines, args, live)
    if live:
        live.wipe()
    if not args.no_store and sample.started_at < clock.EARLIEST:
        print("bandgap: the clock isn't set, so this test isn't kept: it has no date", file=sys.stderr)
    elif not args.no_store:
        connection = place.open()
        History(connection).add_capacity_sample(sample)
        connection.close()
    _print(args, sample, target, requirement(target, config.site), config)
    return 0 if sample.outcome == "ok" else 1


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
    parser.add_argument("--light", action="store_true", help="cost little: see schedule.light_test_mb")
    parser.add_argument("--engine", metavar="NAME", help=f"one of {', '.join(ENGINES)}")
    parser.add_argument("--server", metavar="ADDRESS", help="the engine's server; for http a URL")
    parser.add_argument("--target", metavar="SET", help="hold it against this set (see bandgap targets)")
    parser.add_argument("--no-store", action="store_true", help="keep nothing of it")
    return parser


def _engines(args: argparse.Namespace, config: AgentConfig) -> list[tuple[str, str | None]]:
    """Engines to try in order, each with its server."""
    if args.engine and args.engine not in ENGINES:
        raise UsageFault(f'--engine: no engine "{args.engine}"{nearest(args.engine, ENGINES)}')
    if args.server:
        engine = args.engine or "http"
        read, form = FORMS[engine]
        try:
            return [(engine, read(args.server))]
        except ValueError:
            raise UsageFault(f'--server: found "{args.server}", expected {form}') from None
    names = (args.engine,) if args.engine else config.measure.engines
    if config.server is None and len(names) > 1:
        names = tuple(name for name in names if name != "http")  # it has nowhere to go; others may
    return [(name, engine_settings.server(name, config)) for name in names]


def _keep_to_the_budget(place: Installation, engines: list[tuple[str, str | None]]) -> str | None:
    """Takes engines away that have had their day's tests; says why no test may be made, if so.

    Leaves a note for the loop of how rare tests must become for the month's budget to last.
    """
    config, now = place.config, clock.now()
    connection = place.open()
    history = History(connection)
    begins, ends = month_of(now, ZoneInfo(config.site.timezone))
    month = history.capacity_samples(begins, ends)
    books = account(
        month,
        history.recent_capacity_samples(RECENT),
        config.budget_bytes,
        (ends - now).total_seconds(),
    )
    every_s = books.every_s(config.measure.test_every)
    store.note(connection, "test_every_s", f"{every_s:.0f}" if every_s > config.measure.test_every else None)
    day = history.capacity_samples(now - timedelta(days=1), now + timedelta(minutes=1))
    connection.close()
    spent = spent_engines(day, now)
    left = [engine for engine in engines if engine[0] not in spent]
    if not left:
        return f"{' and '.join(sorted(spent))} had as many tests today as is agreed"
    engines[:] = left
    return books.refusal


def _measure(
    place: Installation,
    engines: list[tuple[str, str | None]],
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
    if not args.no_store or place.state.is_dir():
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
        max_bytes=(config.schedule.light_test_mb if args.light else config.measure.max_test_mb) * 1_000_000,
        ca_file=config.upload.ca_file,
        connection=config.contract.connection,
        tokens=_tokens(config),
        table=engine_settings.table(config.measure),
    )


def _tokens(config: AgentConfig) -> dict[str, str]:
    """The site's token for its collector's measurement endpoint, where there is one that can be read."""
    if config.upload.collector is None:
        return {}
    try:
        return {config.upload.collector: read_token(config.upload.token_file, os.environ)}
    except ConfigFault:
        return {}  # an endpoint that is open to all needs none; one that isn't says so


def _print(
    args: argparse.Namespace,
    sample: CapacitySample,
    target: TargetSet,
    asked: Requirement,
    config: AgentConfig,
) -> None:
    verdict = sentences.check_verdict(sample, target, asked, config.evidence)
    if args.json:
        held = {"set": target.id, "name": target.name, "required": plain(asked.rates), "terms": asked.terms}
        print(json.dumps({"format": 1, **plain(sample), "target": held, "verdict": verdict}, indent=2))
    elif args.csv:
        csv.writer(sys.stdout).writerow(_row(sample))
    elif args.simple:
        print(f"Ping: {_two(sample.latency_idle_ms)} ms")
        print(f"Download: {_two(sample.down_mbps)} Mbit/s")
        print(f"Upload: {_two(sample.up_mbps)} Mbit/s")
        if sample.outcome != "ok":
            print(f"bandgap: {sentences.outcome(sample)}", file=sys.stderr)
    elif args.scheduled:
        words = sentences.outcome(sample)
        figures = f"{sentences.rate(sample.down_mbps)} down, {sentences.rate(sample.up_mbps)} up"
        print(f"INFO test: {words}" + (f", {figures}" if sample.outcome == "ok" else ""), file=sys.stderr)
    else:
        _page(sample, target, asked, verdict, config)


def _page(
    sample: CapacitySample, target: TargetSet, asked: Requirement, verdict: str, config: AgentConfig
) -> None:
    colour = colourful(sys.stdout, os.environ)
    if sample.outcome == "ok":
        seconds = (sample.ended_at - sample.started_at).total_seconds()
        cost = sentences.octets(sample.down_bytes + sample.up_bytes)
        both = f"{sentences.octets(sample.down_bytes)} down, {sentences.octets(sample.up_bytes)} up"
        lines = [
            ("Down", paint(sentences.rate(sample.down_mbps), "strong", colour=colour)),
            ("Up", paint(sentences.rate(sample.up_mbps), "strong", colour=colour)),
            (
                "Latency",
                f"{sentences.latency(sample.latency_idle_ms)} idle, "
                f"{sentences.latency(sample.latency_loaded_ms)} under load",
            ),
            ("Spent", f"{cost} ({both}) in {seconds:.1f} s"),
            ("Server", f"{sample.server or 'unknown'} (engine {sample.engine})"),
            ("Target", sentences.asks(target, asked)),
        ]
        if sample.detail:
            lines.append(("Note", sample.detail))
        if sample.flags:
            lines.append(("Doubt", paint(sentences.outcome(sample), "unsure", colour=colour)))
        for name, words in lines:
            print(f"{paint(f'{name:<8}', 'faint', colour=colour)} {words}")
        print()
    print(verdict)
    if sample.outcome == "ok" and config.missing_for_a_verdict:
        print(config.missing_for_a_verdict)


def _row(sample: CapacitySample) -> list[object]:
    values = plain(sample)
    values["flags"] = " ".join(values["flags"])
    return ["" if values[f.name] is None else values[f.name] for f in fields(CapacitySample)]


def _two(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.2f}"
