"""Finds out what a base URL is: a bandgap collector, a LibreSpeed server, or neither.

A collector says at ``/v1/measure`` where its paths are. LibreSpeed's backend has fixed names, beside the
page or in ``backend/``. Every candidate is tried with one real answer and one real POST, since a captive
portal answers 200 to anything: what isn't a run of octets of the promised length is no server. Redirects
aren't followed; a portal's is the first sign of it.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from agent import __version__
from agent.engines import method
from agent.engines.http_address import Address, no_measurement, resolve
from agent.engines.plan import NoMeasurement

USER_AGENT = f"bandgap/{__version__}"
PEEK_BYTES = 4096
TOLD_BYTES = 16_384
"""The most that a collector may say at ``/v1/measure``."""
PROOF_MIB = 1
"""What is asked of a download path for proof; only ``PEEK_BYTES`` of it are read."""


@dataclass(frozen=True, slots=True)
class Server:
    """A measurement server: where it is, and its three paths with their queries.

    ``can_send`` says whether the path for uploads took a POST; ``answer_mib`` how much to ask of the path
    for downloads at once.
    """

    url: str
    address: Address
    down: str
    up: str
    ping: str
    can_send: bool
    answer_mib: int = method.ANSWER_MIB

    @property
    def where(self) -> str:
        """The server for a person."""
        return self.address.authority


def find_server(base: str, ca_file: str | None, token: str | None = None) -> Server:
    """The measurement server at ``base``; raises NoMeasurement with what was found instead.

    ``token`` goes to ``/v1/measure`` and nowhere else: a collector that keeps tests for its own sites answers
    it with paths that carry a pass for this one test.
    """
    base = base.rstrip("/")
    address = resolve(base, ca_file)
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no .netrc: the path itself is what is measured
        session.verify = _trusted(ca_file)
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        try:
            told = _ask_collector(session, base, token)
            candidates = [told] if told else [f"{base}/", f"{base}/backend/"]
            for candidate in candidates:
                down, up, ping = candidate if isinstance(candidate, tuple) else _librespeed(candidate)
                if _gives_octets(session, down):
                    taken = _takes_post(session, up)
                    mebibytes = method.COLLECTOR_ANSWER_MIB if told else method.ANSWER_MIB
                    return Server(base, address, _path(down), _path(up), _path(ping), taken, mebibytes)
        except requests.RequestException as error:
            raise _reason(error, address.authority) from None
    raise NoMeasurement("not_a_server", f"neither /v1/measure nor garbage.php is at {address.authority}")


def _ask_collector(session: requests.Session, base: str, token: str | None) -> tuple[str, str, str] | None:
    """The three URLs that a collector names; None when it isn't one."""
    url = f"{base}/v1/measure"
    with _get(session, url, token=token) as response:
        if response.status_code == 401 and "Bearer" in response.headers.get("WWW-Authenticate", ""):
            raise NoMeasurement("not_enrolled", urlsplit(base).netloc)
        if response.status_code != 200 or "json" not in response.headers.get("Content-Type", ""):
            return None
        text = _beginning(response, TOLD_BYTES)
    try:
        told = json.loads(text)
        paths = [told["down"], told["up"], told["ping"]]
    except (ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(path, str) for path in paths):
        return None
    if told.get("busy") is True:
        raise NoMeasurement("server_busy")
    urls = [urljoin(url, path) for path in paths]
    if any(urlsplit(found)[:2] != urlsplit(url)[:2] for found in urls):
        raise NoMeasurement("not_a_server", "/v1/measure names another host")
    return urls[0], urls[1], urls[2]


def _librespeed(folder: str) -> tuple[str, str, str]:
    return f"{folder}garbage.php", f"{folder}empty.php", f"{folder}empty.php"


def _gives_octets(session: requests.Session, url: str) -> bool:
    """Whether a download path answers with octets of the length that was asked for."""
    with _get(session, _with_size(url, PROOF_MIB)) as response:
        if response.status_code in (404, 405, 410):
            return False
        if response.status_code != 200:
            raise NoMeasurement("not_a_server", f"HTTP {response.status_code} for {urlsplit(url).path}")
        kind = response.headers.get("Content-Type", "")
        if kind.startswith("text/html"):
            raise NoMeasurement("not_a_server", "a web page came instead of data: a captive portal?")
        length = response.headers.get("Content-Length")
        if length is not None and (not length.isdecimal() or int(length) < PROOF_MIB << 20):
            return False
        return len(_beginning(response, PEEK_BYTES)) == PEEK_BYTES


def _beginning(response: requests.Response, most: int) -> bytes:
    """The first octets of a body; raises NoMeasurement when they come one by one."""
    begun, ends = bytearray(), time.monotonic() + method.CONNECT_TIMEOUT_S
    for octet in response.iter_content(1):  # more at once would be waited for, however long that takes
        begun += octet
        if len(begun) >= most:
            break
        if time.monotonic() > ends:
            raise NoMeasurement("timeout", f"{urlsplit(response.url).netloc} sent {len(begun)} octets")
    return bytes(begun)


def _takes_post(session: requests.Session, url: str) -> bool:
    """Whether an upload path says 2xx to a POST; what is queued for one that doesn't would count as sent."""
    with session.post(
        url, data=bytes(PEEK_BYTES), timeout=method.CONNECT_TIMEOUT_S, allow_redirects=False, stream=True
    ) as response:
        return 200 <= response.status_code < 300


def _get(session: requests.Session, url: str, *, token: str | None = None) -> requests.Response:
    response = session.get(
        url,
        timeout=method.CONNECT_TIMEOUT_S,
        allow_redirects=False,
        stream=True,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    try:
        _refuse(response)
    except NoMeasurement:
        response.close()
        raise
    return response


def _refuse(response: requests.Response) -> None:
    """Raises NoMeasurement for an answer that no measurement server gives."""
    if response.is_redirect:
        target = urlsplit(urljoin(response.url, response.headers["Location"]))
        raise NoMeasurement("not_a_server", f"it redirects to {target.scheme}://{target.netloc}")
    if response.status_code == 503:
        raise NoMeasurement("server_busy", "HTTP 503")
    if response.status_code >= 500:
        raise NoMeasurement("server_error", f"HTTP {response.status_code}")


def _with_size(url: str, mebibytes: int) -> str:
    return f"{url}{'&' if '?' in url else '?'}ckSize={mebibytes}"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _trusted(ca_file: str | None) -> str | bool:
    """What ``requests`` is to trust: the same as the flows do, and not its own bundle."""
    system = ssl.get_default_verify_paths()
    return ca_file or system.cafile or system.capath or True


def _reason(error: requests.RequestException, where: str) -> NoMeasurement:
    """The reason code for what ``requests`` raised. Each of its layers wraps in its own way, by release."""
    causes = list(_causes(error, set()))
    for kind in (ssl.SSLError, TimeoutError, ConnectionError):
        for cause in causes:
            if isinstance(cause, kind):
                return no_measurement(cause, where)
    if isinstance(error, requests.exceptions.SSLError):
        return NoMeasurement("tls", where)
    if isinstance(error, requests.exceptions.Timeout):
        return NoMeasurement("timeout", where)
    return NoMeasurement("not_a_server", f"{where} doesn't speak HTTP: {causes[-1] if causes else error}")


def _causes(error: BaseException, seen: set[int]) -> Iterator[Exception]:
    """The exception and all that it was made of, outermost first; library types left out."""
    if id(error) in seen:
        return
    seen.add(id(error))
    if isinstance(error, Exception) and not isinstance(error, requests.RequestException):
        yield error
    for inner in (getattr(error, "reason", None), error.__cause__, error.__context__, *error.args):
        if isinstance(inner, BaseException):
            yield from _causes(inner, seen)
