"""``bandgap collector``: serve, enrol a site, list the sites."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten

from tabulate import tabulate

import collector.contracts.commands
import collector.policies.commands
import collector.report_command
import collector.schools.commands
import collector.watch.commands
from collector.asked import database
from collector.settings import Settings, config_path, load
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
    except sqlite3.Error as fault:
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
    enrolling.add_argument("site", metavar="SITE", help="the site's id: letters, digits, '.', '_' or '-'")
    enrolling.add_argument(
        "--from", dest="file", metavar="FILE", help="TOML file with [site] and [contract] tables"
    )
    enrolling.add_argument("--name", help="the site's name")
    enrolling.add_argument("--token-file", metavar="PATH", help="write the token there, for its owner only")
    enrolling.add_argument("--rotate", action="store_true", help="a new token for a site that is enrolled")
    enrolling.set_defaults(run=_enrol)

    listing = commands.add_parser("sites", parents=[shared], help="list the enrolled sites")
    listing.set_defaults(run=_sites)
    collector.schools.commands.add(commands, shared, now)
    collector.contracts.commands.add(commands, shared, now)
    collector.watch.commands.add(commands, shared, now)
    collector.policies.commands.add(commands, shared, now)
    collector.report_command.add(commands, shared, now)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f'found "{text}", expected a number from 0 to 65535')
    return int(text)


def _store(asked: argparse.Namespace, settings: Settings) -> Store:
    return open_store(database(asked, settings))


def _serve(asked: argparse.Namespace, settings: Settings) -> int:
    # Imported here, so that enrolling doesn't wait for a web server to load.
    from collector.app import application
    from collector.desk import Desk
    from collector.engine import engine
    from collector.serving import address, listen, serve
    from collector.watch.watcher import Watcher
    from collector.writer import Writer
    from reports.shipped import chosen, shipped_targets

    targets = chosen(settings.targets.sets, shipped_targets(settings.targets.folder))
    where = database(asked, settings)
    store = open_store(where, apart=True)
    source = engine(where)
    host = settings.listen.host if asked.host is None else asked.host
    port = settings.listen.port if asked.port is None else asked.port
    listening = listen(host, port)
    print(f"bandgap collector on {address(listening)}", flush=True)
    watcher = Watcher(collector.watch.commands.watch(source, store, settings), now)
    watcher.start()
    serve(application(Desk(settings, store, Writer(store), targets, now, source)), listening)
    watcher.stop()
    source.dispose()
    store.close()
    return 0


def _enrol(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.enrolment import enrol, facts_for, into_file

    if asked.rotate and (asked.file or asked.name):
        raise UsageFault("--rotate changes the token only; leave out --from and --name")
    site, contract = facts_for(asked.site, Path(asked.file) if asked.file else None, asked.name)
    store = _store(asked, settings)

    def token() -> str:
        return enrol(store, site, contract, now(), rotate=asked.rotate)

    if asked.token_file:
        into_file(Path(asked.token_file), token, replace=asked.rotate)
        print(f'Site "{asked.site}" is enrolled; its token is in {asked.token_file}.', file=sys.stderr)
    else:
        made = token()
        if sys.stdout.isatty():
            print(f'Site "{asked.site}" is enrolled. Its token, shown this once:', file=sys.stderr)
        print(made, flush=True)
    store.close()
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
