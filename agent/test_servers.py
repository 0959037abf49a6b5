"""Which engines a test may use, each with its server, in the order in which they are tried.

The http engine may have several servers: the first that has a figure is used, so that a site's tests stay
comparable. A LibreSpeed list stands for its three nearest servers. Which they are is noted, and holds for as
long as the list is the same and the first of them has a figure; then it is found out anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from agent import engine_settings, store
from agent.config import AgentConfig
from agent.engines.plan import NoMeasurement
from agent.engines.server_address import is_list, shown
from reports.samples import CapacitySample

NOTE = "nearest_servers"

SERVERS_OWN = ("refused", "timeout", "tls", "server_busy", "server_error", "not_a_server", "engine_failed")
"""Reasons for which another server of a list may do better."""

Asked = tuple[str, str | None]
"""An engine, and its server or None for the one that it finds itself."""


def configured(names: Sequence[str], config: AgentConfig) -> list[Asked]:
    """The named engines with the servers that the settings have for them."""
    if not config.servers and len(names) > 1:
        names = [name for name in names if name != "http"]  # it has nowhere to go; others may
    return [(name, server) for name in names for server in engine_settings.servers(name, config)]


def with_lists_read(
    asked: Iterable[Asked], config: AgentConfig, notes: sqlite3.Connection | None
) -> list[Asked]:
    """The same, with the nearest servers of a list in the list's place. One that can't be used stays: the
    engine says what is wrong with it."""
    found: list[Asked] = []
    for engine, server in asked:
        if engine != "http" or server is None or not is_list(server):
            found.append((engine, server))
            continue
        try:
            found += [(engine, each) for each in _nearest(server, config, notes)]
        except NoMeasurement:
            found.append((engine, server))
    return list(dict.fromkeys(found))


def forget_if_silent(asked: Sequence[Asked], sample: CapacitySample, notes: sqlite3.Connection) -> None:
    """Lets the next test find out anew which servers are near, when the first one here had no figure and
    the line isn't to blame."""
    silent = not is_of(sample, asked[0]) if sample.outcome == "ok" else sample.reason in SERVERS_OWN
    if asked and silent:
        store.note(notes, NOTE, None)


def others(asked: Sequence[Asked], sample: CapacitySample) -> list[Asked]:
    """What else may be asked: those that come after the one that the sample is of, then those before it."""
    place = next((n for n, each in enumerate(asked) if is_of(sample, each)), -1)
    return [each for each in (*asked[place + 1 :], *asked[: place + 1]) if not is_of(sample, each)]


def is_of(sample: CapacitySample, asked: Asked) -> bool:
    """Whether a sample is of this engine and server. Only the http engine has several."""
    engine, server = asked
    return sample.engine == engine and (engine != "http" or server is None or sample.server == shown(server))


def _nearest(where: str, config: AgentConfig, notes: sqlite3.Connection | None) -> list[str]:
    import hashlib  # with OpenSSL behind it, which a site without a list has no use for

    from agent.engines import server_list

    text = server_list.read(where, config.upload.ca_file)
    mark = hashlib.sha256(text.encode()).hexdigest()
    noted = json.loads(store.noted(notes, NOTE) or "{}") if notes else {}
    if noted.get("list") == mark:
        return [str(server) for server in noted["nearest"]]
    found = server_list.nearest(server_list.entries(text, where), config.upload.ca_file)
    if notes:
        store.note(notes, NOTE, json.dumps({"list": mark, "nearest": found}))
    return found
