"""``bandgap collector policy``: make a key, publish a policy, list them and how many sites follow which."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from tabulate import tabulate

from collector.asked import opened
from collector.engine import reading, writing
from collector.registry import PlaceKind, place, sites_under
from collector.settings import Settings
from collector.tables import sites
from reports.agent_state import AgentState
from reports.faults import ConfigFault, Fault


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds the commands to the collector's."""
    policy = commands.add_parser("policy", help="signed policies for agents that follow them")
    actions = policy.add_subparsers(required=True, metavar="keygen|list|publish")
    making = actions.add_parser(
        "keygen", parents=[shared], help="make a key; prints the public one for agents"
    )
    making.add_argument("key_file", metavar="FILE", help="where the private key goes")
    making.set_defaults(run=_keygen)
    publishing = actions.add_parser("publish", parents=[shared], help="sign a policy and keep it for agents")
    publishing.add_argument(
        "file", metavar="FILE", help="TOML with [schedule] and [targets] (see docs/policy.md)"
    )
    publishing.add_argument("--key-file", required=True, metavar="FILE", help="the private key")
    publishing.add_argument("--site", action="append", default=[], metavar="ID", help="for this site alone")
    publishing.add_argument("--district", action="append", default=[], metavar="ID", help="for this district")
    publishing.add_argument("--state", action="append", default=[], metavar="ID", help="for this state")
    publishing.set_defaults(run=partial(_publish, now=now))
    listing = actions.add_parser("list", parents=[shared], help="what was published, and who follows it")
    listing.set_defaults(run=_list)


def _keygen(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.policies.signing import new_key

    print(new_key(Path(asked.key_file)))
    return 0


def _publish(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.policies.registry import Published, next_serial, publish
    from collector.policies.signing import sign
    from reports.policy import read_policy, with_head
    from reports.shipped import chosen, shipped_targets

    path, at = Path(asked.file), now()
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigFault(f"{path}: can't be read: {fault}") from None
    with opened(asked, settings) as source, writing(source) as connection:
        meant = _meant(connection, asked)
        ids = None if meant is None else tuple(meant)
        serial = next_serial(connection, int(at.timestamp()))
        document = with_head(text, serial, at.astimezone(UTC).date(), ids)
        found = read_policy(document, str(path))
        if found.targets.sets:
            chosen(found.targets.sets, shipped_targets(settings.targets.folder))
        signature = sign(Path(asked.key_file), document)
        publish(
            connection,
            Published(serial, document, signature),
            None if meant is None else list(meant.values()),
        )
    whom = "all sites" if meant is None else f"{len(meant):,} site{'' if len(meant) == 1 else 's'}"
    print(f"policy {serial} is published for {whom}")
    return 0


def _meant(connection: Connection, asked: argparse.Namespace) -> dict[str, int] | None:
    """The sites that are named, by id, with their keys; None where nobody is, which is all. Raises Fault."""
    if not (asked.site or asked.district or asked.state):
        return None
    keys: set[int] = set()
    kinds: tuple[tuple[PlaceKind, list[str]], ...] = (("district", asked.district), ("state", asked.state))
    for kind, named in kinds:
        for one in named:
            where = place(connection, kind, one)
            if where is None:
                raise Fault(f'no {kind} "{one}" is known; `bandgap collector import` enters them')
            keys |= set(sites_under(connection, where.key))
    known = {row.id: row.key for row in connection.execute(select(sites.c.id, sites.c.key))}
    if strange := [one for one in asked.site if one not in known]:
        raise Fault(f'no site "{strange[0]}" is enrolled')
    keys |= {known[one] for one in asked.site}
    if not keys:
        raise Fault("no site is there; nothing was published")
    return {one: key for one, key in sorted(known.items()) if key in keys}


def _list(asked: argparse.Namespace, settings: Settings) -> int:
    from collector.policies.registry import all_policies

    followed: Counter[int] = Counter()
    with opened(asked, settings) as source, reading(source) as connection:
        found = all_policies(connection)
        for (told,) in connection.execute(
            select(sites.c.agent_state).where(sites.c.agent_state.is_not(None))
        ):
            serial = msgspec.json.decode(told, type=AgentState).policy
            if serial is not None:
                followed[serial] += 1
    if not found:
        print("No policy was published yet.")
        return 0
    rows = [
        (
            one.serial,
            f"{datetime.fromtimestamp(one.serial, UTC):%Y-%m-%d %H:%M}",
            "all" if count is None else f"{count:,}",
            f"{followed[one.serial]:,}",
            " ".join(line for line in one.document.split("\n\n", 1)[-1].split("\n") if line)[:60],
        )
        for one, count in found
    ]
    print(
        tabulate(
            rows, headers=("policy", "issued (UTC)", "for", "followed by", "asks"), disable_numparse=True
        )
    )
    return 0
