"""What a collector doesn't put up with: floods, guesses, clients that never finish, bodies that unfold."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest
import requests
import zstandard

from benchmarks.ingest.stampede import drain
from collector import ingest, patience
from collector.enrolment import enrol
from collector.rates import MOST_REMEMBERED, Rates
from collector.store import open_store
from collector.writer import Writer
from reports.sites import Contract, Site
from tests.collector import made
from tests.collector.conftest import Running, Starter


def test_a_site_that_sends_too_often_is_told_when_to_come_again(start: Starter) -> None:
    """Others' uploads go on, and a receipt that was given stays true."""
    collector = start(limits={"uploads_per_site": 3})
    token, other = collector.enrol(made.LINCOLN), collector.enrol("roosevelt")
    answers = [collector.post(token, made.body([made.week()])) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
    assert answers[-1].json()["detail"].startswith("too many uploads in a minute; send again in ")
    assert collector.post(other, made.body([made.week()], Site())).status_code == 200


def test_an_address_that_guesses_tokens_is_slowed_down(start: Starter) -> None:
    """Each refused token counts as twenty uploads, so a minute's worth is spent soon."""
    collector = start(limits={"uploads_per_address": 100})
    statuses = [collector.post(f"bandgap_guess{n}", made.body([made.week()])).status_code for n in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert statuses.count(401) <= 6


def test_a_bucket_fills_steadily() -> None:
    rates = Rates(60)
    assert [rates.wait_s("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert rates.wait_s("a", 0.0) == 1.0
    assert rates.wait_s("b", 0.0) == 0.0
    assert rates.wait_s("a", 1.0) == 0.0
    assert rates.wait_s("a", 1.5) == pytest.approx(0.5)


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    rates = Rates(60)
    for number in range(MOST_REMEMBERED + 10):
        rates.wait_s(number, 0.0)
    assert len(rates._buckets) <= MOST_REMEMBERED


def test_no_more_is_taken_in_than_can_be_written(
    collector: Running, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes when too many wait is told a moment of his own within a minute."""
    monkeypatch.setattr(Writer, "waiting", property(lambda _: ingest.MOST_WAITING + 1))
    answer = collector.post(token, made.body([made.week()]))
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= ingest.SPREAD_S


def test_a_zstd_body_is_taken(collector: Running, token: str) -> None:
    packed = zstandard.ZstdCompressor().compress(made.body([made.week()]))
    assert collector.post(token, packed, Content_Encoding="zstd").json()["accepted"] == [made.week().id]


@pytest.mark.parametrize("megabytes", [33, 500])
def test_a_zstd_bomb_is_refused(collector: Running, token: str, megabytes: int) -> None:
    """A few kilobytes that unfold to any size are undone only as far as the limit."""
    packed = zstandard.ZstdCompressor(level=3).compress(bytes(megabytes * 1_000_000))
    assert len(packed) < 100_000
    answer = collector.post(token, packed, Content_Encoding="zstd")
    assert (answer.status_code, answer.json()["detail"]) == (
        413, "the body is larger than 32 MB once unpacked",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"nonsense", "the body isn't the zstd that Content-Encoding says"),
        (zstandard.ZstdCompressor().compress(b"{}" * 500)[:-3], "the body's zstd ends too early"),
        (zstandard.ZstdCompressor().compress(b"{}") + b"more", "something follows the body's zstd"),
        (gzip.compress(b"{}", mtime=0), "the body isn't the zstd that Content-Encoding says"),
    ],
)
def test_what_is_no_zstd_is_refused(collector: Running, token: str, body: bytes, detail: str) -> None:
    answer = collector.post(token, body, Content_Encoding="zstd")
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def closed(wire: socket.socket) -> bool:
    """Whether the other side has hung up without an answer."""
    wire.settimeout(60)
    try:
        return wire.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_header_that_never_ends_is_not_waited_for(
    start: Starter, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(patience, "HEADER_S", 0.3)
    collector = start()
    with socket.create_connection(("127.0.0.1", int(collector.url.rpartition(":")[2])), timeout=60) as wire:
        wire.sendall(sent)
        assert closed(wire)


def test_a_second_request_on_a_connection_has_no_more_time(
    start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEADER_S", 0.3)
    collector = start()
    with socket.create_connection(("127.0.0.1", int(collector.url.rpartition(":")[2])), timeout=60) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.recv(4096).startswith(b"HTTP/1.1 200")
        wire.sendall(b"GET /healthz HT")
        assert closed(wire)


def test_a_header_without_end_is_cut_off(collector: Running) -> None:
    with socket.create_connection(("127.0.0.1", int(collector.url.rpartition(":")[2])), timeout=60) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(60)))
        assert closed(wire)


def test_a_renewed_token_ends_the_old_one_with_the_next_request(collector: Running, token: str) -> None:
    """Though it is remembered: what is remembered isn't trusted."""
    assert collector.post(token, made.body([made.week()])).status_code == 200
    new = enrol(collector.store, made.LINCOLN, Contract(), collector.now, rotate=True)
    assert collector.post(token, made.body([made.week()])).status_code == 401
    assert collector.post(new, made.body([made.week()])).status_code == 200


def test_a_token_renewed_by_another_process_ends_at_once(collector: Running, token: str) -> None:
    assert collector.post(token, made.body([made.week()])).status_code == 200
    path = collector.store._path  # type: ignore[attr-defined]  # the file of the default store
    other = open_store(path)
    enrol(other, made.LINCOLN, Contract(), collector.now, rotate=True)
    other.close()
    assert collector.post(token, made.body([made.week()])).status_code == 401
    assert collector.post(token, b"{}").status_code == 401


def test_a_stampede_drains(start: Starter) -> None:
    """Four hundred gateways at once, each with a connection of its own: all are answered, none is lost."""
    collector = start(limits={"uploads_per_address": 0})
    tokens = {f"s{n}": collector.enrol(f"s{n}") for n in range(400)}
    statuses: list[int] = []

    def send(site: str, token: str) -> None:
        while True:
            answer = requests.post(
                f"{collector.url}/v1/summaries",
                data=made.body([made.hour()], Site(id=site, name=site)),
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            statuses.append(answer.status_code)
            if answer.status_code != 429:
                return
            time.sleep(0.1)  # noqa: TID251  # a gateway that waits

    gateways = [threading.Thread(target=send, args=one) for one in tokens.items()]
    for one in gateways:
        one.start()
    for one in gateways:
        one.join(90)
    assert statuses.count(200) == 400
    assert collector.rows() == 400


@pytest.mark.parametrize("per_s", [20.0, 500.0])
def test_a_fleet_that_comes_back_at_once_drains(per_s: float) -> None:
    """By the agents' own waiting and the collector's own bounds: all are served, and memory stays bounded."""
    found = drain(5_000, per_s, within_s=1.0)
    assert found.most_waiting <= ingest.MOST_WAITING
    assert 4_990 / per_s < found.seconds < 5_000 / per_s + 1_800
