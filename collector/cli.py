"""``bandgap collector``: serve, enrol, list, judge and move, and what is said of people and tokens."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from tabulate import tabulate

import collector.archive_commands
import collector.contracts.commands
import collector.policies.commands
import collector.report_command
import collector.schools.commands
import collector.watch.commands
from collector.asked import database, opened
from collector.database import named
from collector.people.commands import (
    Registry,
    add_commands,
    issue_codes,
    note_enrolled,
    renewed,
    span,
)
from collector.reads import Unavailable
from collector.settings import Settings, config_path, load
from collector.standings import command as judging
from collector.store import Store, open_store
from reports.faults import Fault, UsageFault

LONGEST_NAME = 48
"""Characters of a site's name in the list."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 done, 1 not done, 2 usage, 78 configuration."""
    asked = _parser().parse_args(argv)
    try:
        settings = load(config_path(asked.config, os.environ))
        return int(asked.run(asked, settings))
    except Fault as fault:
        print(f"bandgap: {fault}", file=sys.stderr)
        return fault.exit_code
    except Unavailable as fault:
        print(f"bandgap: the database doesn't answer: {fault}; try again", file=sys.stderr)
        return 1


def now() -> datetime:
    """The time; the only place where the collector reads a clock."""
    return datetime.now(UTC)  # noqa: TID251  # this is the place


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bandgap collector",
        description="Receives what schools' gateways measured, and shows every school.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", metavar="FILE", help="settings (default: /etc/bandgap/collector.toml)")
    shared.add_argument(
        "--database", metavar="PATH", help="the database's file, or postgresql://USER@HOST/NAME"
    )

    serving = commands.add_parser("serve", parents=[shared], help="run the collector in the foreground")
    serving.add_argument("--host", help="address to answer on (default: 127.0.0.1)")
    serving.add_argument("--port", type=_port, help="port to answer on, 0 for a free one (default: 8642)")
    serving.set_defaults(run=_serve)

    enrolling = commands.add_parser("enrol", parents=[shared], help="register a site and print its token")
    enrolling.add_argument(
        "site", metavar="SITE", nargs="?", help="the site's id: letters, digits, '.', '_' or '-'"
    )
    enrolling.add_argument(
        "--csv", metavar="FILE", help="a one-time code for each site of a file, as CSV, in place of tokens"
    )
    enrolling.add_argument(
        "--expires",
        type=span,
        default="14d",
        metavar="SPAN",
        help="how long the codes may be used (default: 14d)",
    )
    enrolling.add_argument(
        "--from", dest="file", metavar="FILE", help="TOML file with [site] and [contract] tables"
    )
    enrolling.add_argument("--name", help="the site's name")
    enrolling.add_argument("--token-file", metavar="PATH", help="write the token there, for its owner only")
    enrolling.add_argument("--rotate", action="store_true", help="a new token for a site that is enrolled")
    enrolling.add_argument(
        "--overlap", type=span, metavar="SPAN", help="with --rotate: how long the old token still holds"
    )
    enrolling.set_defaults(run=_enrol)

    moving = commands.add_parser("move", help="carry everything over to another database")
    moving.add_argument("--config", metavar="FILE", help=argparse.SUPPRESS)
    for word, dest in (("--from", "source"), ("--to", "goal")):
        moving.add_argument(
            word,
            dest=dest,
            required=True,
            metavar="DATABASE",
            help="sqlite:PATH or postgresql://USER@HOST/NAME",
        )
    moving.set_defaults(run=_move)

    listing = commands.add_parser("sites", parents=[shared], help="list the enrolled sites")
    listing.set_defaults(run=_sites)
    collector.schools.commands.add(commands, shared, now)
    collector.contracts.commands.add(commands, shared, now)
    collector.watch.commands.add(commands, shared, now)
    collector.policies.commands.add(commands, shared, now)
    collector.report_command.add(commands, shared, now)
    collector.archive_commands.add(commands, shared, now)
    add_commands(commands, shared, Registry(opened, now))
    judging.add(commands, shared, database, now)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f'found "{text}", expected a number from 0 to 65535')
    return int(text)


def _store(asked: argparse.Namespace, settings: Settings) -> Store:
    return open_store(database(asked, settings))


def _serve(asked: argparse.Namespace, settings: Settings) -> int:
    # Imported here, so that enrolling doesn't wait for a web server to load.
    from collector.serve_command import serve

    return serve(asked, settings, now)


def _enrol(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.enrolment import enrol, facts_for
    from reports.token_keeping import kept_by

    _mind_the_words(asked)
    if asked.csv:
        with opened(asked, settings) as source:
            return issue_codes(Path(asked.csv), asked.expires, source, now())
    site, contract = facts_for(asked.site, Path(asked.file) if asked.file else None, asked.name)
    store = _store(asked, settings)

    def token() -> str:
        with opened(asked, settings) as source:
            if asked.rotate:
                return renewed(asked.site, asked.overlap, source, now())
            made = enrol(store, site, contract, now(), rotate=False)
            note_enrolled(asked.site, source, now())
            return made

    if asked.token_file:
        with kept_by(Path(asked.token_file), replace=asked.rotate) as keep:
            keep(token())
        print(f'Site "{asked.site}" is enrolled; its token is in {asked.token_file}.', file=sys.stderr)
    else:
        made = token()
        if sys.stdout.isatty():
            print(f'Site "{asked.site}" is enrolled. Its token, shown this once:', file=sys.stderr)
        print(made, flush=True)
    store.close()
    return 0


def _mind_the_words(asked: argparse.Namespace) -> None:
    """Raises UsageFault when what was asked doesn't go together."""
    if (asked.site is None) == (asked.csv is None):
        raise UsageFault("enrol: expected a site, or --csv and a file of sites")
    if asked.csv and (asked.rotate or asked.file or asked.name or asked.token_file):
        raise UsageFault("--csv makes codes only; leave out --rotate, --from, --name and --token-file")
    if asked.rotate and (asked.file or asked.name):
        raise UsageFault("--rotate changes the token only; leave out --from and --name")
    if asked.overlap and not asked.rotate:
        raise UsageFault("--overlap is for --rotate: how long the token before still holds")


def _move(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.moving import move

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    rows = move(named(asked.source), named(asked.goal), tell)
    print(f"Moved {sum(rows.values()):,} rows of {rows['sites']:,} sites, and verified them.")
    return 0


def _sites(asked: argparse.Namespace, settings: Settings) -> int:
    store = _store(asked, settings)
    rows = [
        (
            known.id,
            shorten(known.site.name, LONGEST_NAME, placeholder="…"),
            f"{known.enrolled_at:%Y-%m-%d}",
            f"{known.heard_at:%Y-%m-%d %H:%M} UTC" if known.heard_at else "never",
            known.agent or "–",
        )
        for known in store.sites()
    ]
    store.close()
    if rows:
        print(
            tabulate(rows, headers=("site", "name", "enrolled", "last heard", "agent"), disable_numparse=True)
        )
    else:
        print("No site is enrolled yet; `bandgap collector enrol SITE` enrols one.")
    return 0
