"""Asks M-Lab's Locate service for a server near by (API v2).

Its answer has the servers' addresses with a token each, good for minutes; a token is never kept. No
content means that M-Lab has no room for the test at the moment (ndt7 specification, "Server discovery").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from agent import __version__
from agent.engines import method
from agent.engines.ndt7_flow import USER_AGENT
from agent.engines.plan import NoMeasurement

LOCATE_URL = "https://locate.measurementlab.net/v2/nearest/ndt/ndt7"


@dataclass(frozen=True, slots=True)
class Ndt7Server:
    """A server's name for the sample, and the address of each direction with all that it needs."""

    name: str
    down: str
    up: str


def nearest(url: str = LOCATE_URL) -> list[Ndt7Server]:
    """Servers to try in turn, the best first; NoMeasurement when there is none."""
    where = urlsplit(url).hostname or url
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy would be located, and not this site
            response = session.get(
                url,
                params={"client_name": "bandgap", "client_version": __version__},
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                timeout=method.CONNECT_TIMEOUT_S,
            )
    except requests.exceptions.SSLError:
        raise NoMeasurement("tls", where) from None
    except requests.exceptions.Timeout:
        raise NoMeasurement("timeout", where) from None
    except requests.RequestException:
        raise NoMeasurement("unreachable", where) from None
    if response.status_code in (204, 429):
        raise NoMeasurement("server_busy", f"HTTP {response.status_code} from {where}")
    if response.status_code != 200:
        raise NoMeasurement("server_error", f"HTTP {response.status_code} from {where}")
    try:
        found = servers(response.json())
    except ValueError:
        found = []
    if not found:
        raise NoMeasurement("not_a_server", f"{where} named no server")
    return found


def servers(answer: Any) -> list[Ndt7Server]:
    """The servers of an answer that can be tested over TLS."""
    found = []
    results = answer.get("results") if isinstance(answer, dict) else None
    for result in results if isinstance(results, list) else []:
        urls = result.get("urls") if isinstance(result, dict) else None
        if not isinstance(urls, dict):
            continue
        down, up = (urls.get(f"wss:///ndt/v7/{way}load") for way in ("down", "up"))
        if isinstance(down, str) and isinstance(up, str) and urlsplit(down).hostname:
            found.append(Ndt7Server(f"wss://{urlsplit(down).netloc}", down, up))
    return found
