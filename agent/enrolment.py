"""Asks the collector for the site's token: by a one-time code, or by the token that it has.

What the collector says is read with suspicion: a portal's page is no token. Each way to fail is one line that
says whether the code can be used again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from agent import __version__
from agent.token_file import TOKEN
from reports.faults import Fault

TIMEOUT_S = (10.0, 30.0)
"""To connect, and to wait for an answer."""

MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Given:
    """What a collector gave: the id that it knows the site by, and the token."""

    site: str
    token: str


def by_code(collector: str, code: str, ca_file: str | None) -> Given:
    """The token that a one-time code is good for. Raises Fault."""
    return _ask(f"{collector}/v1/enrol", {"json": {"code": code}}, ca_file)


def by_token(collector: str, token: str, ca_file: str | None) -> Given:
    """A new token for the present one, which holds for another day. Raises Fault."""
    return _ask(f"{collector}/v1/token", {"headers": {"Authorization": f"Bearer {token}"}}, ca_file)


def _ask(url: str, words: Mapping[str, Any], ca_file: str | None) -> Given:
    where = url.partition("/v1/")[0]
    headers = {
        "Accept": "application/json",
        "User-Agent": f"bandgap/{__version__}",
        **words.get("headers", {}),
    }
    try:
        answer = requests.post(
            url,
            json=words.get("json"),
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            stream=True,
            verify=ca_file or True,
        )
        with answer:
            body = answer.raw.read(MOST_ANSWER_BYTES, decode_content=True)
    except requests.exceptions.SSLError:
        raise Fault(f"{where}: its certificate isn't trusted; name its authority in --ca-file") from None
    except requests.ConnectionError:
        raise Fault(f"{where} can't be reached; nothing was changed, try again") from None
    except (requests.RequestException, OSError, EOFError):
        raise Fault(f"{where} didn't answer in time; if it refuses the code now, ask for a new one") from None
    return _given(where, answer.status_code, answer.headers.get("Retry-After"), body)


def _given(where: str, status: int, retry_after: str | None, body: bytes) -> Given:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    told = told if isinstance(told, dict) else {}
    if status == 200:
        site, token = told.get("site"), told.get("token")
        if isinstance(site, str) and site.isprintable() and isinstance(token, str) and TOKEN.fullmatch(token):
            return Given(site[:64], token)
        raise Fault(f"{where} answered with something that is no token; is it the collector's address?")
    detail = str(told.get("detail", ""))[:200] if "title" in told else ""
    said = f"HTTP {status}" + (f": {detail}" if detail.isprintable() and detail else "")
    if status in (401, 403):
        raise Fault(f"{where} refuses ({said}); have the site enrolled for a new code or token")
    if status == 429 and retry_after and retry_after.isdecimal():
        raise Fault(f"{where} has refused too many codes from here; try again in {retry_after[:6]} s")
    if status == 404 or 300 <= status < 400:
        raise Fault(f"{where} enrols nobody (HTTP {status}); check the address")
    raise Fault(f"{where} can't do it now ({said}); try again")
