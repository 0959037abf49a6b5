"""`bandgap salvage`: sets a damaged store aside and keeps what can still be read of it.

An agent that runs does so by itself; this is for a machine on which none does. A store that is in order is
left alone.
"""

from __future__ import annotations

import argparse
import os

from agent import agent_lock, clock, damage, paths
from agent.installation import Installation, find
from agent.salvage import salvage_waiting
from agent.upload_lock import one_at_a_time
from reports import journal


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap salvage", description=__doc__)
    parser.add_argument("--scheduled", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    place = find(os.environ)
    said = _fetch(place) if args.scheduled else _set_aside_and_fetch(place)
    for line in said or ["the store is in order"]:
        if args.scheduled:
            journal.tell("salvage", line)
        else:
            print(line)
    return 0


def _set_aside_and_fetch(place: Installation) -> list[str]:
    paths.usable(place.state)
    agent_lock.take(place.state)  # for as long as this process lives: no agent may begin meanwhile
    damage.open_sound(place.state, clock.now(), check=True).close()
    return _fetch(place)


def _fetch(place: Installation) -> list[str]:
    connection = place.open()
    with one_at_a_time(place.state):
        said = salvage_waiting(place.state, connection, place.config.site, clock.now())
    connection.close()
    return said
