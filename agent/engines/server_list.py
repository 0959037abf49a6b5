"""LibreSpeed's lists of servers: reads one, and finds which of its servers is nearest.

The format is that of LibreSpeed's page and of librespeed-cli's `--local-json` and `--server-json`: objects
with ``server`` and the paths ``dlURL``, ``ulURL`` and ``pingURL`` below it, or addresses of their own. An
address without a scheme (`//host`) is taken with https. ``getIpURL`` is never called: it is there to tell a
visitor's address, which is nobody's business here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from agent.engines.averages import median
from agent.engines.http_address import resolve
from agent.engines.http_answer import NotHttp
from agent.engines.http_asking import beginning, get, no_answer
from agent.engines.http_discovery import named_server
from agent.engines.http_latency import Pinger
from agent.engines.plan import NoMeasurement
from agent.engines.server_address import http_server

NEAREST = 3
"""How many of a list are kept: the one that is used, and two for when it is silent or has to be confirmed."""

LIST_BYTES = 4 << 20
"""The most that is read of a list; all of LibreSpeed's servers take 30 kB."""

PINGS = 3
AT_ONCE = 8
"""Servers that are pinged at a time; a silent one holds its place for as long as a connection may take."""


def read(where: str, ca_file: str | None = None) -> str:
    """The text of a list that is a file here or an address. Raises NoMeasurement."""
    if "://" not in where:
        try:
            return Path(where).read_text()
        except (OSError, UnicodeDecodeError) as error:
            words = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise NoMeasurement("server_list", f"{where} can't be read: {words}") from None
    try:
        address = resolve(where, ca_file)
    except NoMeasurement as refusal:
        raise NoMeasurement("server_list", refusal.detail) from None
    try:
        with get(address, where) as answer:
            if answer.status != 200:
                raise NoMeasurement("server_list", f"HTTP {answer.status} for {where}")
            return beginning(answer, LIST_BYTES, where).decode()
    except UnicodeDecodeError:
        raise NoMeasurement("server_list", f"{where} can't be read: it is no UTF-8 text") from None
    except (OSError, NotHttp) as error:
        raise NoMeasurement("server_list", no_answer(error, where).detail) from None


def entries(text: str, where: str) -> tuple[str, ...]:
    """The servers of a list, each as the addresses of its download, its upload and its ping.

    Raises NoMeasurement with one line that names the place, what was found and what is expected.
    """
    try:
        listed = json.loads(text)
    except ValueError as fault:
        raise NoMeasurement("server_list", f"{where} is no JSON: {fault}") from None
    if not isinstance(listed, list) or not listed:
        raise NoMeasurement("server_list", f"{where}: expected a list of servers, as LibreSpeed has them")
    return tuple(dict.fromkeys(_entry(each, f"{where}: server {n}") for n, each in enumerate(listed, 1)))


def _entry(entry: Any, place: str) -> str:
    if not isinstance(entry, Mapping):
        raise NoMeasurement("server_list", f"{place}: expected an object with server, dlURL, ulURL, pingURL")
    for key in ("server", "dlURL", "ulURL", "pingURL"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise NoMeasurement("server_list", f'{place}: "{key}" is missing')
    base = _with_scheme(entry["server"]).rstrip("/") + "/"
    addresses = [
        _with_scheme(urljoin(base, entry[key].lstrip("/") if _relative(entry[key]) else entry[key]))
        for key in ("dlURL", "ulURL", "pingURL")
    ]
    try:
        return " ".join(http_server(address) for address in addresses)
    except ValueError:
        raise NoMeasurement("server_list", f'{place}: "{entry["server"]}" is no address') from None


def _relative(address: str) -> bool:
    return not address.startswith("//") and "://" not in address


def _with_scheme(address: str) -> str:
    return f"https:{address}" if address.startswith("//") else address


def nearest(servers: Sequence[str], ca_file: str | None = None) -> list[str]:
    """The servers that answer, those with the shortest round trips first, at most ``NEAREST``.

    Raises NoMeasurement when none does.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        took_s = list(pool.map(lambda server: _round_trip_s(server, ca_file), servers))
    ranked = sorted((took, place) for place, took in enumerate(took_s) if took is not None)
    if not ranked:
        raise NoMeasurement("server_list", f"none of {len(servers)} servers answers")
    return [servers[place] for _, place in ranked[:NEAREST]]


def _round_trip_s(server: str, ca_file: str | None) -> float | None:
    try:
        pinger = Pinger(named_server(server, ca_file), time.monotonic)
    except NoMeasurement:
        return None
    try:
        return median(pinger.idle(PINGS))
    except NoMeasurement:
        return None
    finally:
        pinger.close()
