"""Finds out what a base URL is: a bandgap collector, a LibreSpeed server, or neither.

A collector says at ``/v1/measure`` where its paths are. LibreSpeed's backend has fixed names, beside the
page or in ``backend/``; or the paths are told, as any addresses for a download, an upload and a ping. Every
candidate is tried with one real answer and one real POST, since a captive portal answers 200 to anything:
what isn't a run of octets of the promised length is no server. Redirects aren't followed; a portal's is the
first sign of it. What else stands between leaves a doubt, which becomes a flag.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from agent.engines import http_between, method
from agent.engines.http_address import Address, resolve
from agent.engines.http_answer import Answer, NotHttp
from agent.engines.http_asking import beginning, get, no_answer, post_status
from agent.engines.plan import NoMeasurement
from agent.engines.server_address import shown

PEEK_BYTES = 4096
TOLD_BYTES = 16_384
"""The most that a collector may say at ``/v1/measure``."""
PROOF_MIB = 1
"""What is asked of a download path for proof; only ``PEEK_BYTES`` of it are read."""


@dataclass(frozen=True, slots=True)
class Server:
    """A measurement server: where it is, and its three paths with their queries.

    ``can_send`` says whether the path for uploads took a POST; ``answer_mib`` how much to ask of the path
    for downloads at once; ``up_at`` where uploads go when that is another host. ``doubts`` are flags, each
    with what was seen.
    """

    url: str
    address: Address
    down: str
    up: str
    ping: str
    can_send: bool
    answer_mib: int = method.ANSWER_MIB
    up_at: Address | None = None
    doubts: tuple[tuple[str, str], ...] = ()

    @property
    def up_address(self) -> Address:
        return self.up_at or self.address

    @property
    def where(self) -> str:
        """The server for a person."""
        return self.address.authority


def find_server(base: str, ca_file: str | None, token: str | None = None, pins: Sequence[str] = ()) -> Server:
    """The measurement server at ``base``; raises NoMeasurement with what was found instead.

    ``base`` may also be the addresses of a download, an upload and a ping. ``token`` goes to ``/v1/measure``
    and nowhere else: a collector that keeps tests for its own sites answers it with paths that carry a pass
    for this one test. A server whose key isn't among the ``pins`` doesn't get to see it.
    """
    if named := " " in base:
        server = named_server(base, ca_file)
    else:
        base = base.rstrip("/")
        server = Server(base, resolve(base, ca_file), "", "", "", can_send=False)
    stranger = _stranger([server.address, server.up_address], pins)
    try:
        told = None if named else _ask_collector(server.address, base, None if stranger else token)
        for down, up, ping in _candidates(base, told):
            doubts = _gives_octets(server.address, down)
            if doubts is None:
                continue
            return replace(
                server,
                down=_path(down),
                up=_path(up),
                ping=_path(ping),
                can_send=200 <= post_status(server.up_address, up, bytes(PEEK_BYTES)) < 300,
                answer_mib=method.COLLECTOR_ANSWER_MIB if told else method.ANSWER_MIB,
                doubts=(*stranger, *doubts),
            )
    except (OSError, NotHttp) as error:
        raise no_answer(error, server.where) from None
    except NoMeasurement as refusal:
        if stranger and refusal.reason == "not_enrolled":
            raise NoMeasurement(*stranger[0]) from None
        raise
    if named:
        raise NoMeasurement("not_a_server", f"no data of {PROOF_MIB} MiB or more is at {shown(base)}")
    raise NoMeasurement("not_a_server", f"neither /v1/measure nor garbage.php is at {server.where}")


def named_server(addresses: str, ca_file: str | None) -> Server:
    """The server of a download, an upload and a ping that are told, with nothing asked of it yet."""
    down, up, ping = _named(addresses)
    address = resolve(down, ca_file)
    elsewhere = urlsplit(up)[:2] != urlsplit(down)[:2]
    up_at = resolve(up, ca_file) if elsewhere else None
    return Server(shown(addresses), address, _path(down), _path(up), _path(ping), can_send=True, up_at=up_at)


def _named(addresses: str) -> tuple[str, str, str]:
    """Three addresses. Pings go to the host of the downloads: where no address of it is told, to its root."""
    down, up, *more = addresses.split()
    same = [each for each in (*more, up) if urlsplit(each)[:2] == urlsplit(down)[:2]]
    return down, up, same[0] if same else urljoin(down, "/")


def _candidates(base: str, told: tuple[str, str, str] | None) -> list[tuple[str, str, str]]:
    if " " in base:
        return [_named(base)]
    return [told] if told else [_librespeed(f"{base}/"), _librespeed(f"{base}/backend/")]


def _stranger(addresses: Sequence[Address], pins: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The doubt about TLS servers whose key isn't a pinned one; none where nothing is pinned."""
    secure = [address for address in dict.fromkeys(addresses) if address.context]
    if not pins or not secure:
        return ()
    from agent.engines.http_tls import certificate
    from agent.engines.server_pin import pin_of

    for address in secure:
        if (found := pin_of(certificate(address))) not in pins:
            return (("tls_intercepted", f"{address.authority} showed the key {found}"),)
    return ()


def _ask_collector(address: Address, base: str, token: str | None) -> tuple[str, str, str] | None:
    """The three URLs that a collector names; None when it isn't one."""
    url = f"{base}/v1/measure"
    with get(address, url, token=token) as answer:
        if answer.status == 401 and "Bearer" in answer.headers.get("WWW-Authenticate", ""):
            raise NoMeasurement("not_enrolled", urlsplit(base).netloc)
        if answer.status != 200 or "json" not in answer.headers.get("Content-Type", ""):
            return None
        text = beginning(answer, TOLD_BYTES, urlsplit(url).netloc)
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


def _proxy_words(answer: Answer, url: str) -> tuple[tuple[str, str], ...]:
    words = http_between.proxy(url, answer.headers)
    return (("proxied", f"answered through a proxy ({words})"),) if words else ()


def _gives_octets(address: Address, url: str) -> tuple[tuple[str, str], ...] | None:
    """Whether a download path answers with octets of the length that was asked for: None when it doesn't,
    else what there is to doubt in the answer."""
    where = urlsplit(url).netloc
    with get(address, _with_size(url, PROOF_MIB)) as answer:
        if answer.status in (404, 405, 410):
            return None
        if answer.status != 200:
            raise NoMeasurement("not_a_server", f"HTTP {answer.status} for {urlsplit(url).path}")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            page = beginning(answer, http_between.PAGE_BYTES, where)
            portal = http_between.portal(url, answer.status, answer.headers, page)
            raise portal or NoMeasurement("not_a_server", "a web page came instead of data")
        length = answer.headers.get("Content-Length")
        if length is not None and (not length.isdecimal() or int(length) < PROOF_MIB << 20):
            return None
        if len(beginning(answer, PEEK_BYTES, where)) < PEEK_BYTES:
            return None
        return _proxy_words(answer, url)


def _with_size(url: str, mebibytes: int) -> str:
    return f"{url}{'&' if '?' in url else '?'}ckSize={mebibytes}"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
