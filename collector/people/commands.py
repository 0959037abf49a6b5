"""``bandgap collector person``, ``api-token``, ``audit`` and ``revoke``, and the codes of ``enrol --csv``.

Whoever may run these on the collector's machine may do everything; the audit log names their account there.
"""

from __future__ import annotations

import argparse
import csv
import getpass
import os
import pwd
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.people.roles import ROLES, SCOPES
from collector.settings import Settings
from reports.faults import Fault, UsageFault
from reports.settings import duration

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from collector.people.audit import Actor

LINES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Registry:
    """How a command comes to the database, and to the time."""

    opened: Callable[[argparse.Namespace, Settings], AbstractContextManager[Engine]]
    now: Callable[[], datetime]


def add_commands(commands: Any, shared: argparse.ArgumentParser, registry: Registry) -> None:
    """Adds the parsers; ``shared`` has the options that every command takes."""
    _add_person(commands, shared, registry)
    _add_api_token(commands, shared, registry)

    revoking = commands.add_parser("revoke", parents=[shared], help="end a site's token and codes at once")
    revoking.add_argument("site", metavar="SITE")
    revoking.set_defaults(run=_with(registry, _revoke))

    log = commands.add_parser("audit", parents=[shared], help="show what was changed of rights and settings")
    log.add_argument("--most", type=int, default=LINES_SHOWN, metavar="N", help="lines (default: 50)")
    log.add_argument("--csv", action="store_true", help="all columns as CSV")
    log.set_defaults(run=_with(registry, _audit))


def _add_person(commands: Any, shared: argparse.ArgumentParser, registry: Registry) -> None:
    person = commands.add_parser("person", help="who may sign in to the pages")
    words = person.add_subparsers(required=True, metavar="add|list|remove|passwd")
    adding = words.add_parser("add", parents=[shared], help="let a person sign in")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--role", choices=ROLES, default="viewer", help="default: viewer")
    _add_places(adding)
    _add_generate(adding)
    adding.set_defaults(run=_with(registry, _person_add))
    listing = words.add_parser("list", parents=[shared], help="list who may sign in")
    listing.set_defaults(run=_with(registry, _person_list))
    removing = words.add_parser("remove", parents=[shared], help="remove a person, and end all sessions")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=_with(registry, _person_remove))
    changing = words.add_parser("passwd", parents=[shared], help="a new password; all sessions end")
    changing.add_argument("name", metavar="NAME")
    _add_generate(changing)
    changing.set_defaults(run=_with(registry, _person_passwd))


def _add_api_token(commands: Any, shared: argparse.ArgumentParser, registry: Registry) -> None:
    tokens = commands.add_parser("api-token", help="tokens for programs that read")
    words = tokens.add_subparsers(required=True, metavar="add|list|remove")
    adding = words.add_parser("add", parents=[shared], help="make a token and print it")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument(
        "--scope", action="append", required=True, metavar="SCOPE", help="one or more of " + ", ".join(SCOPES)
    )
    _add_places(adding)
    adding.add_argument("--expires", type=span, default="365d", metavar="SPAN", help="default: 365d")
    adding.set_defaults(run=_with(registry, _api_token_add))
    listing = words.add_parser("list", parents=[shared], help="list the tokens, without their secrets")
    listing.set_defaults(run=_with(registry, _api_token_list))
    removing = words.add_parser("remove", parents=[shared], help="end a token at once")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=_with(registry, _api_token_remove))


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--place",
        action="append",
        default=[],
        metavar="PLACE",
        help='part of the tree, as in "district:0100005" (default: all of it)',
    )


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--generate", action="store_true", help="make a password up and print it")


def span(text: str) -> timedelta:
    try:
        return timedelta(seconds=duration(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f'found "{text}", expected a span as in "24h" or "14d"') from None


def _with(
    registry: Registry, run: Callable[[argparse.Namespace, Engine, datetime], int]
) -> Callable[[argparse.Namespace, Settings], int]:
    def opened(asked: argparse.Namespace, settings: Settings) -> int:
        with registry.opened(asked, settings) as engine:
            return run(asked, engine, registry.now())

    return opened


def operator() -> Actor:
    """Who runs the command, by the name of their account."""
    from collector.people.audit import Actor

    number = os.getuid()
    try:
        return Actor(pwd.getpwuid(number).pw_name, "command line")
    except KeyError:
        return Actor(f"user {number}", "command line")


def _password(asked: argparse.Namespace) -> tuple[str, str]:
    """The password and its hash: typed twice, made up, or the line on standard input."""
    from collector.people import passwords
    from collector.people.register import folded

    if asked.generate:
        password = secrets.token_urlsafe(15)
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password, {passwords.LEAST} characters or more: ")
        if getpass.getpass("Again: ") != password:
            raise Fault("the two differ; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\n")
    return password, passwords.hashed(passwords.checked(password, folded(asked.name)))


def _person_add(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import reading, writing
    from collector.people import register, tree

    with reading(engine) as connection:  # before anybody types a password
        tree.named(connection, asked.place)
    password, kept = _password(asked)
    with writing(engine) as connection:
        places = tree.named(connection, asked.place)
        register.add(connection, operator(), now, asked.name, asked.role, places, kept)
    _said(f'Person "{register.folded(asked.name)}" may sign in.', asked, password)
    return 0


def _person_list(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import reading
    from collector.people import register

    with reading(engine) as connection:
        found = register.everyone(connection)
    rows = [
        (
            one.name,
            one.role.replace("_", " "),
            ", ".join(one.places) or "everywhere",
            "provider" if one.provider else "password",
            f"{one.made_at:%Y-%m-%d}",
        )
        for one in found
    ]
    _print_table(rows, ("name", "role", "places", "signs in by", "since"), "Nobody may sign in yet.")
    return 0


def _person_remove(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import writing
    from collector.people import register

    with writing(engine) as connection:
        register.remove(connection, operator(), now, asked.name)
    return 0


def _person_passwd(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import writing
    from collector.people import register

    password, kept = _password(asked)
    with writing(engine) as connection:
        register.set_password(connection, operator(), now, asked.name, kept)
    _said(f'Person "{register.folded(asked.name)}" has a new password, and no session.', asked, password)
    return 0


def _api_token_add(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import writing
    from collector.people import api_tokens, tree

    with writing(engine) as connection:
        places = tree.named(connection, asked.place)
        token = api_tokens.add(connection, operator(), now, asked.name, asked.scope, places, asked.expires)
    print(token, flush=True)
    return 0


def _api_token_list(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import reading
    from collector.people import api_tokens

    with reading(engine) as connection:
        found = api_tokens.every(connection)
    rows = [
        (
            one.name,
            ", ".join(one.scopes),
            ", ".join(one.places) or "everywhere",
            f"{one.ends_at:%Y-%m-%d}" + (" (ended)" if one.ends_at <= now else ""),
            f"{one.used_on:%Y-%m-%d}" if one.used_on else "never",
        )
        for one in found
    ]
    _print_table(rows, ("name", "scopes", "places", "ends", "last used"), "There is no API token yet.")
    return 0


def _api_token_remove(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import writing
    from collector.people import api_tokens

    with writing(engine) as connection:
        api_tokens.remove(connection, operator(), now, asked.name)
    return 0


def _revoke(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import writing
    from collector.people import site_tokens

    with writing(engine) as connection:
        site_tokens.revoke(connection, operator(), now, asked.site)
    print(f'Site "{asked.site}" has no token any more; enrol --rotate gives it one.', file=sys.stderr)
    return 0


def _audit(asked: argparse.Namespace, engine: Engine, now: datetime) -> int:
    from collector.engine import reading
    from collector.people import audit

    if not 1 <= asked.most <= 10_000_000:
        raise UsageFault(f"--most: found {asked.most}, expected a number from 1 to 10,000,000")
    with reading(engine) as connection:
        found = [line for _, line in audit.lines(connection, asked.most)]
    head = ("when", "who", "how", "what", "about", "detail")
    rows = [
        (f"{one.at:%Y-%m-%dT%H:%M:%SZ}", one.who, one.how, one.what, one.about, one.detail or "")
        for one in found
    ]
    if asked.csv:
        write_csv((head, *(tuple(map(harmless, row)) for row in rows)))
    else:
        _print_table(rows, head, "Nothing has been changed yet.")
    return 0


def issue_codes(path: Path, lasts: timedelta, engine: Engine, now: datetime) -> int:
    """``enrol --csv``: a code for each site of the file, as CSV on standard output."""
    from collector.engine import writing
    from collector.people import enrolment_codes

    asked = enrolment_codes.read_sites(path)
    with writing(engine) as connection:
        issued = enrolment_codes.issue(connection, operator(), now, asked, lasts)
    rows = ((one.site, one.code, f"{one.ends_at:%Y-%m-%dT%H:%M:%SZ}") for one in issued)
    write_csv((("site", "code", "expires"), *rows))
    return 0


def renewed(site: str, overlap: timedelta | None, engine: Engine, now: datetime) -> str:
    """``enrol --rotate``: a site's new token."""
    from collector.engine import writing
    from collector.people import site_tokens

    with writing(engine) as connection:
        return site_tokens.renew(connection, operator(), now, site, overlap or site_tokens.AT_ONCE)


def note_enrolled(site: str, engine: Engine, now: datetime) -> None:
    """The line for a site that was enrolled; it comes before its token is shown to anybody."""
    from collector.engine import writing
    from collector.people.audit import note

    with writing(engine) as connection:
        note(connection, operator(), now, "site enrolled", site)


def write_csv(rows: Iterable[Sequence[str]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
    sys.stdout.flush()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _said(words: str, asked: argparse.Namespace, password: str) -> None:
    print(words, file=sys.stderr)
    if asked.generate:
        print(password, flush=True)


def _print_table(rows: Sequence[Sequence[str]], head: Sequence[str], nothing: str) -> None:
    from tabulate import tabulate

    print(tabulate(rows, headers=head, disable_numparse=True) if rows else nothing)
