"""`bandgap setup`: sets this gateway up, by questions or, with --yes, from flags or a file.

Each answer is tried as it comes: the collector, its code, the clock, and the line with a first throughput
test. Before the settings are written it shows exactly what will leave the building. Ctrl-C leaves the
settings as they were; a token that was given out by then is kept, for its code is used up. A second run
changes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from agent import paths, service_manager, shipped, units
from agent.config import AgentConfig, parse
from agent.setup.answering import Answering
from agent.setup.filling import filled
from agent.setup.questions import ALL, found_here, from_file
from agent.setup.trial import Trial, on_trial
from reports.faults import Fault, UsageFault

TEST_S, UPLOAD_S = 300.0, 120.0
NOTHING = "nothing to change"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap setup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--from", dest="file", type=Path, metavar="FILE", help="answers: a piece of agent.toml"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--code", metavar="CODE", help="the one-time enrolment code")
    parser.add_argument("--ca-file", metavar="PATH", help="the authority of the collector's certificate")
    parser.add_argument("--no-test", action="store_true", help="make no first throughput test")
    for question in ALL:
        parser.add_argument(question.flag, metavar=question.key.upper(), help=question.asks)
    args = parser.parse_args(argv)
    if not args.yes and not sys.stdin.isatty():
        raise UsageFault("there is no terminal to ask on; use --yes with --from FILE or flags")
    place = paths.config_to_write(os.environ, root=os.geteuid() == 0)
    zone = paths.local_zone(os.environ)
    text, present, config = _present(place, zone)
    given, code = _given(args)
    named = {**present.get("upload", {}), **given.get("upload", {})}
    token = named.get("token_file") or place.with_name("token")
    print(f"Settings: {place}")
    if not args.yes:
        print("Enter takes what stands in brackets; Ctrl-C leaves all as it was.")
    answering = Answering(given, present, found_here(zone), code, Path(token), asks=not args.yes)
    answering.all()
    made = filled(text, answering.answers, str(place))
    config = parse(made, place, zone=zone)
    changed = made != text or not place.exists()
    if not changed and not answering.new_token:
        print(f"{place}: {NOTHING}")
    else:
        with on_trial(place, made, os.environ) as trial:
            _try(trial, config, args)
            if not args.yes and not _agreed():
                print("The settings are as they were.")
                return 1
            trial.accept()
            print(f"{place}: written")
            if config.upload.collector is not None:
                _say_upload(trial)
    _begin(place, changed=changed, anew=answering.new_token)
    print("Report: bandgap report")
    if config.upload.collector is not None:
        print(f"At the collector: {config.upload.collector}/sites/{config.site.id}")
    return 0


def _present(place: Path, zone: str) -> tuple[str, dict[str, Any], AgentConfig]:
    """The settings as they are; the commented ones as they are shipped where there are none."""
    try:
        text = place.read_text()
    except FileNotFoundError:
        text = shipped.commented_settings()
    except (OSError, UnicodeDecodeError) as fault:
        raise Fault(f"{place}: can't be read: {fault}") from None
    config = parse(text, place, zone=zone)
    return text, tomllib.loads(text), config


def _given(args: argparse.Namespace) -> tuple[dict[str, dict[str, Any]], str | None]:
    given, code = from_file(args.file) if args.file else ({}, None)
    for question in ALL:
        typed = getattr(args, question.flag.removeprefix("--").replace("-", "_"))
        if typed is not None:
            try:
                given.setdefault(question.table, {})[question.key] = question.value(typed)
            except Fault as fault:
                raise UsageFault(f"{question.flag}: {fault}") from None
    if args.ca_file:
        given.setdefault("upload", {})["ca_file"] = args.ca_file
    return given, args.code or code


def _try(trial: Trial, config: AgentConfig, args: argparse.Namespace) -> None:
    """A first measurement, and what would leave."""
    if not args.no_test:
        print("First measurement: half a minute", flush=True)
        light = ["--light"] if config.budget_bytes is not None else []
        _, out, errors = trial.run("check", "--no-confirm", *light, limit_s=TEST_S, telling="measuring")
        for line in (out + errors).splitlines():
            print(f"  {line}" if line else "")
    if config.upload.collector is None:
        return
    status, out, errors = trial.run("upload", "--show", limit_s=UPLOAD_S)
    if status:
        raise Fault(errors.strip().removeprefix("bandgap: ") or "what would leave can't be shown")
    head, _, body = out.partition("\n\n")
    print("This goes to the collector, once an hour, and nothing else:")
    print(head)
    print(json.dumps(json.loads(body), indent=1, ensure_ascii=False))
    print(errors.strip(), flush=True)


def _agreed() -> bool:
    while True:
        try:
            typed = input("Write the settings and begin? [yes]: ").strip().lower()
        except EOFError:
            return False
        if typed in ("", "y", "yes"):
            return True
        if typed in ("n", "no"):
            return False
        print("  yes or no")


def _say_upload(trial: Trial) -> None:
    status, out, errors = trial.run("upload", limit_s=UPLOAD_S)
    words = (errors if status else out).strip().removeprefix("bandgap: ")
    print(f"First upload: {words}" if not status else f"WARNING first upload: {words}", flush=True)


def _begin(place: Path, *, changed: bool, anew: bool) -> None:
    """Has the service enabled and running, or says in one line what is to be done."""
    if place != paths.SITE_CONFIG:
        print(f"Service: it reads {paths.SITE_CONFIG} and not this file; start it by hand: bandgap run")
    elif not service_manager.SYSTEMD.is_dir():
        print("Service: systemd doesn't run this machine; start `bandgap run` by whatever does")
    elif service_manager.running() and not anew:
        if changed:
            service_manager.systemctl("reload", units.AGENT)
        print(f"Service: {units.AGENT} is enabled and running")
    else:
        service_manager.begin(anew=anew)
        print(f"Service: {units.AGENT} is enabled and running now")
