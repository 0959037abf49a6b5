"""What the collector says when it is asked: whether it is well, what time it has, whether it knows the token.

Nothing is sent but the question. The clock is that of its Date header (RFC 9110, 6.6.1), in whole seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

from agent import __version__
from reports.faults import Fault

PATIENCE_S = (5.0, 10.0)
MOST_BYTES = 65_536
CLOCK_OFF = timedelta(seconds=60)
"""Beyond this a clock is wrong. Samples would be put into other hours than they are of."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Its answer. ``ahead`` is how far this machine's clock is before the collector's, None where it tells no
    time; ``version`` is its own, where it says so."""

    ahead: timedelta | None
    version: str | None = None

    @property
    def clock_fault(self) -> str | None:
        if self.ahead is None or abs(self.ahead) <= CLOCK_OFF:
            return None
        way = "ahead of" if self.ahead > timedelta() else "behind"
        return f"this machine's clock is {abs(self.ahead).total_seconds():,.0f} s {way} the collector's"


def hear(collector: str, ca_file: str | None, now: datetime) -> Heard:
    """Asks a collector how it is. Raises Fault, one line on why it can't be used."""
    status, headers, body = _get(collector, "/healthz", ca_file, None)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if status == 503 and isinstance(told, dict):
        raise Fault(f"{collector} is there, but its database doesn't answer; ask whoever runs it")
    if status != 200 or not isinstance(told, dict) or "status" not in told:
        raise Fault(f"{collector} answers, but not as a collector does (HTTP {status}); check the address")
    version = told.get("version")
    return Heard(_ahead(headers.get("Date"), now), version if isinstance(version, str) else None)


def token_holds(collector: str, token: str, ca_file: str | None) -> bool:
    """Whether the collector knows the token. Raises Fault when there is no telling."""
    status, _, _ = _get(collector, "/v1/policy", ca_file, token)
    if status in (401, 403):
        return False
    if status == 200:
        return True
    raise Fault(f"{collector} doesn't say whether it knows the token (HTTP {status}); try again")


def _get(
    collector: str, path: str, ca_file: str | None, token: str | None
) -> tuple[int, Mapping[str, str], bytes]:
    headers = {"User-Agent": f"bandgap/{__version__}", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with requests.get(
            collector + path,
            headers=headers,
            timeout=PATIENCE_S,
            allow_redirects=False,
            stream=True,
            verify=ca_file or True,
        ) as answer:
            body = answer.raw.read(MOST_BYTES, decode_content=True)
            return answer.status_code, answer.headers, body
    except requests.exceptions.SSLError:
        raise Fault(
            f"{collector}: its certificate isn't trusted; set upload.ca_file, or see who inspects TLS"
        ) from None
    except requests.ConnectionError:
        raise Fault(f"{collector} can't be reached; check the address, and that port 443 is open") from None
    except (requests.RequestException, OSError, EOFError):
        raise Fault(f"{collector} didn't answer in time; try again") from None


def _ahead(date: str | None, now: datetime) -> timedelta | None:
    try:
        there = parsedate_to_datetime(date or "")
    except (ValueError, TypeError):
        return None
    return now - (there if there.tzinfo else there.replace(tzinfo=UTC))
