"""The control path of the http engine: one way to ask by ``requests``, and reasons for what went wrong.

No proxy and no .netrc are used, since the path itself is what is measured, and redirects aren't followed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import requests

from agent import __version__
from agent.engines import http_between, method
from agent.engines.http_address import no_measurement
from agent.engines.plan import NoMeasurement

USER_AGENT = f"bandgap/{__version__}"


def session(ca_file: str | None) -> requests.Session:
    """A session that trusts what the flows trust, and not the bundle that ``requests`` brings."""
    opened = requests.Session()
    opened.trust_env = False
    system = ssl.get_default_verify_paths()
    opened.verify = ca_file or system.cafile or system.capath or True
    opened.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return opened


def get(asking: requests.Session, url: str, *, token: str | None = None) -> requests.Response:
    """An answer, its body still to come; redirects and a server's failures raise NoMeasurement."""
    response = asking.get(
        url,
        timeout=method.CONNECT_TIMEOUT_S,
        allow_redirects=False,
        stream=True,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    try:
        _refuse(response, url)
    except NoMeasurement:
        response.close()
        raise
    return response


def beginning(response: requests.Response, most: int) -> bytes:
    """The first octets of a body; raises NoMeasurement when they come one by one."""
    begun, ends = bytearray(), time.monotonic() + method.CONNECT_TIMEOUT_S
    for octet in response.iter_content(1):  # more at once would be waited for, however long that takes
        begun += octet
        if len(begun) >= most:
            break
        if time.monotonic() > ends:
            raise NoMeasurement("timeout", f"{urlsplit(response.url).netloc} sent {len(begun)} octets")
    return bytes(begun)


def _refuse(response: requests.Response, url: str) -> None:
    """Raises NoMeasurement for an answer that no measurement server gives."""
    status, headers = response.status_code, response.headers
    if between := http_between.portal(url, status, headers) or http_between.refused_by_proxy(
        url, status, headers
    ):
        raise between
    if response.is_redirect:
        target = urlsplit(urljoin(url, headers["Location"]))
        raise NoMeasurement("not_a_server", f"it redirects to {target.scheme}://{target.netloc}")
    if status == 503:
        raise NoMeasurement("server_busy", "HTTP 503")
    if status >= 500:
        raise NoMeasurement("server_error", f"HTTP {status}")


def no_answer(error: requests.RequestException, where: str) -> NoMeasurement:
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
