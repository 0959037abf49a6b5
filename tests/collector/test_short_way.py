"""A plain upload goes the short way, and nobody can tell it from the ordinary one but by the time it takes."""

from __future__ import annotations

import dataclasses
import gzip
import json
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from collector import short_way
from collector.ingest import SMALL_BODY, Ingest
from collector.reads import Unavailable
from collector.short_way import ShortWay
from reports.summaries import Summary
from tests.collector import made
from tests.collector.conftest import Running, Starter
from tests.commands import until


@pytest.fixture
def known(collector: Running, token: str) -> str:
    """A token that is remembered, for it was used."""
    assert collector.post(token, made.body([made.week()])).status_code == 200
    return token


@pytest.fixture
def only_short(known: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same where the ordinary way is closed."""

    async def closed(*_: Any) -> None:
        raise AssertionError("an upload went the ordinary way")

    monkeypatch.setattr(Ingest, "__call__", closed)
    return known


@pytest.fixture
def ordinary(known: str, ordinary_too: list[str]) -> list[str]:
    """The paths of what goes the ordinary way, once the token is remembered."""
    ordinary_too.clear()
    return ordinary_too


@pytest.fixture
def ordinary_too(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what goes the ordinary way."""
    went: list[str] = []
    going = Ingest.__call__

    async def noted(self: Ingest, scope: Any, receive: Any, send: Any) -> None:
        went.append(scope["path"])
        await going(self, scope, receive, send)

    monkeypatch.setattr(Ingest, "__call__", noted)
    return went


def hour(number: int) -> Summary:
    start = made.hour(made.NOW - timedelta(hours=number + 2)).starts_at
    return made.hour(start, through_at=start + timedelta(hours=1))


def request(token: str, body: bytes, *lines: str, host: str = "x") -> bytes:
    head = ("POST /v1/summaries HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}",
            "Content-Type: application/json", f"Content-Length: {len(body)}", *lines)  # fmt: skip
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def connected(collector: Running) -> socket.socket:
    host, port = collector.url.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), 60)


def answers(client: socket.socket, count: int) -> list[tuple[int, dict[str, str], bytes]]:
    found = []
    stream = client.makefile("rb")
    for _ in range(count):
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        found.append((status, headers, stream.read(int(headers["content-length"]))))
    return found


def test_a_receipt_is_the_same_on_both_ways(collector: Running, known: str) -> None:
    """Status, headers and what the body says. Content-Type's other spelling is looked at on the ordinary way."""
    sent = request(known, made.body([hour(1)]))
    other = sent.replace(b"application/json", b"application/json;charset=utf-8")
    with connected(collector) as client:
        client.sendall(sent)
        (accepted,) = answers(client, 1)
        client.sendall(sent)
        (short,) = answers(client, 1)
        client.sendall(other)
        (long,) = answers(client, 1)
    assert json.loads(accepted[2])["accepted"] == [hour(1).id]
    assert json.loads(short[2])["known"] == [hour(1).id]
    assert short[0] == long[0] == 200
    assert short[2] == long[2]
    assert {**short[1], "date": ""} == {**long[1], "date": ""}
    assert short[1]["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("packed", [False, True])
def test_a_plain_upload_goes_the_short_way(collector: Running, only_short: str, packed: bool) -> None:
    """Packed with gzip too, as agents send it; with facts that are other than before as well."""
    site = dataclasses.replace(made.LINCOLN, students=777)
    body = made.body([hour(1), made.day()], site)
    headers = {"Content_Encoding": "gzip"} if packed else {}
    answer = collector.post(only_short, gzip.compress(body) if packed else body, **headers)
    assert answer.json()["accepted"] == [hour(1).id, made.day().id]
    kept = collector.store.site("lincoln")
    assert kept is not None
    assert kept.site.students == 777
    assert 'bandgap_requests_total{kind="upload",status="200"} 2' in collector.get("/metrics").text


def test_a_body_that_takes_long_goes_the_ordinary_way(
    collector: Running, known: str, ordinary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is waited for; what came of it before isn't lost."""
    monkeypatch.setattr(short_way, "SOON_S", 0.05)
    sent = request(known, made.body([hour(1)]))
    with connected(collector) as client:
        client.sendall(sent[:-200])
        until(lambda: bool(ordinary), "it goes the ordinary way", 60)
        client.sendall(sent[-200:])
        ((status, _, said),) = answers(client, 1)
    assert (status, json.loads(said)["accepted"]) == (200, [hour(1).id])


def test_a_body_too_large_for_it_goes_the_ordinary_way(
    collector: Running, known: str, ordinary: list[str]
) -> None:
    body = made.body([hour(1)])
    assert collector.post(known, body + b" " * SMALL_BODY).json()["accepted"] == [hour(1).id]
    assert ordinary == ["/v1/summaries"]


def test_requests_behind_each_other_are_answered_in_their_order(collector: Running, known: str) -> None:
    """Four in one piece, of which the second isn't an upload and the third isn't anybody's."""
    sent = [
        request(known, made.body([hour(1)])),
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        request("bandgap_x", made.body([hour(2)])),
        request(known, made.body([hour(3)])),
    ]
    with connected(collector) as client:
        client.sendall(b"".join(sent))
        found = answers(client, 4)
        client.sendall(sent[3])
        found += answers(client, 1)
    assert [one[0] for one in found] == [200, 200, 401, 200, 200]
    said = [json.loads(one[2]) for one in found]
    assert said[0]["accepted"] == [hour(1).id]
    assert said[3]["accepted"] == said[4]["known"] == [hour(3).id]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("Content-Encoding: zstd",), 400),
        (("Content-Encoding: gzip",), 400),
        (("Expect: 100-continue",), 100),
        (("Connection: close",), 200),
    ],
)
def test_whatever_is_out_of_the_ordinary_goes_the_ordinary_way(
    collector: Running, known: str, ordinary: list[str], lines: tuple[str, ...], status: int
) -> None:
    with connected(collector) as client:
        client.sendall(request(known, made.body([hour(1)]), *lines))
        assert int(client.makefile("rb").readline().split()[1]) == status
    assert ordinary == ["/v1/summaries"]


def test_a_doubtful_upload_is_judged_at_length_and_counts_once(start: Starter) -> None:
    """In the rates too: five are five, whichever way each goes."""
    collector = start(limits={"uploads_per_site": 5, "uploads_per_address": 5})
    token = collector.enrol(made.LINCOLN)
    bad = dataclasses.replace(hour(1), outage_minutes=-1.0)
    sent = [[hour(0)], [hour(2), bad], [hour(3)], [hour(4), bad], [hour(5)], [hour(6)]]
    found = [collector.post(token, made.body(one)) for one in sent]
    assert [one.status_code for one in found] == [200] * 5 + [429]
    assert [len(one.json()["refused"]) for one in found[:5]] == [0, 1, 0, 1, 0]


def test_a_token_that_was_renewed_holds_no_longer_on_the_short_way(collector: Running, known: str) -> None:
    """Though it is remembered: what was judged by it isn't kept."""
    kept = collector.store.site("lincoln")
    assert kept is not None
    rows = collector.rows()
    collector.store.renew(kept.key, bytes(32))
    with connected(collector) as client:
        client.sendall(request(known, made.body([hour(1)])) + request(known, made.body([hour(2)])))
        assert [one[0] for one in answers(client, 2)] == [401, 401]
    assert collector.rows() == rows


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (Unavailable("the disk is full"), 503, "nothing was stored: the disk is full"),
        (RuntimeError("made up"), 500, "The collector has failed; its log says how."),
    ],
)
def test_what_cannot_be_stored_is_said_and_tried_once(
    collector: Running,
    only_short: str,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
    said: str,
) -> None:
    tried = []

    def failing(arrivals: Any) -> Any:
        tried.append(len(arrivals))
        raise fault

    monkeypatch.setattr(collector.store, "keep", failing)
    answer = collector.post(only_short, made.body([hour(1)]))
    assert (answer.status_code, answer.json()["detail"]) == (status, said)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert tried == [1]
    monkeypatch.undo()
    assert collector.post(only_short, made.body([hour(1)])).json()["accepted"] == [hour(1).id]


def test_who_goes_away_before_his_receipt_is_in_nobodys_way(
    collector: Running, only_short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What he sent is kept, and who comes behind is answered."""
    lost = threading.Event()
    losing = ShortWay.connection_lost

    def noted(self: ShortWay, exc: Exception | None) -> None:
        losing(self, exc)
        lost.set()

    keeping = collector.store.keep

    def waiting(arrivals: Any) -> Any:
        assert lost.wait(60)
        return keeping(arrivals)

    monkeypatch.setattr(ShortWay, "connection_lost", noted)
    monkeypatch.setattr(collector.store, "keep", waiting)
    with connected(collector) as client:
        client.sendall(request(only_short, made.body([hour(1)])))
    assert lost.wait(60)  # else who comes behind may be read before
    assert collector.post(only_short, made.body([hour(1)])).json()["known"] == [hour(1).id]


@pytest.mark.parametrize(
    ("proxies", "statuses"),
    [(("127.0.0.1",), [200] * 6), (("192.0.2.200",), [200, 200, 429, 429, 429, 429])],
)
def test_a_proxy_that_says_who_asks_is_heard(
    start: Starter, ordinary_too: list[str], proxies: tuple[str, ...], statuses: list[int]
) -> None:
    """The addresses that it names have rates of their own; nobody else's word is believed."""
    collector = start(listen={"proxies": proxies}, limits={"uploads_per_address": 2})
    token = collector.enrol(made.LINCOLN)
    found = [
        collector.post(token, made.body([hour(n)]), X_Forwarded_For=f"192.0.2.{n // 2}").status_code
        for n in range(6)
    ]
    assert found == statuses
    assert len(ordinary_too) == 1 + statuses.count(429), "the first, which nobody remembers, and the refused"
