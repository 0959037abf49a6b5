"""What is said to an upload that can't be taken: status, field and sentence, and one line in the log."""

from __future__ import annotations

import dataclasses
import gzip
import json
import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from collector.database import Database
from collector.settings import load
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import Running, Starter, running


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One collector for all of these: none of them may leave anything behind."""
    with running(Database(tmp_path_factory.mktemp("refusals") / "c.sqlite"), load(None)) as found:
        yield found


@pytest.fixture(scope="module")
def token(collector: Running) -> str:
    return collector.enrol(made.LINCOLN, made.CABLE)


WHOLE = made.body([made.week()])


def changed(**members: object) -> bytes:
    return json.dumps({**json.loads(WHOLE), **members}).encode()


def changed_summary(path: str, value: object) -> bytes:
    table = json.loads(WHOLE)
    *outer, last = path.split(".")
    inner = table["summaries"][0]
    for name in outer:
        inner = inner[name]
    inner[last] = value
    return json.dumps(table).encode()


def without(name: str) -> bytes:
    table = json.loads(WHOLE)
    del table["summaries"][0]["usage"][name]
    return json.dumps(table).encode()


@pytest.mark.parametrize(
    ("sent", "status", "field", "detail"),
    [
        (b"", 400, None, "not JSON: Input data was truncated"),
        (b'{"format":', 400, None, "not JSON: Input data was truncated"),
        (b"<html>", 400, None, "not JSON: invalid character (byte 0)"),
        (b"\xef\xbb\xbf{}", 400, None, "not JSON: invalid character (byte 0)"),
        (WHOLE + b"x", 400, None, f"not JSON: trailing characters (byte {len(WHOLE) + 1})"),
        (WHOLE.replace(b"0.1.0", b"\xff\xfe"), 400, None, "not JSON: a text in it is not UTF-8"),
        (b'{"x":' + b"[" * 100_000, 400, None, "not JSON that can be read: nested too deep"),
        (b"[]", 422, None, "expected object, got array"),
        (b"{}", 422, "format", "missing"),
        (changed(format=2), 422, "format", "found 2, this collector reads format 1"),
        (b'{"format":2}', 422, "format", "found 2, this collector reads format 1"),
        (changed(format="1"), 422, "format", "expected int, got str"),
        (changed(agent=""), 422, "agent", "expected a version of 1 to 64 printable characters"),
        (changed(agent="1\n2"), 422, "agent", "expected a version of 1 to 64 printable characters"),
        (changed(summaries={}), 422, "summaries", "expected array, got object"),
        (changed(summaries=[{}]), 422, "summaries[0].kind", "missing"),
        (
            changed(summaries=json.loads(WHOLE)["summaries"] * 501),
            422,
            "summaries",
            "501 summaries, expected at most 500",
        ),
        (without("found"), 422, "summaries[0].usage.found", "missing"),
        (changed_summary("kind", "year"), 422, "summaries[0].kind", "invalid enum value 'year'"),
        (
            changed_summary("usage.found", "many"),
            422,
            "summaries[0].usage.found",
            "expected int, got str",
        ),
        (
            changed_summary("starts_at", "yesterday"),
            422,
            "summaries[0].starts_at",
            "invalid RFC3339 encoded datetime",
        ),
        (
            changed(site={"students": -5}),
            422,
            "site.students",
            "found -5, expected a whole number from 0 to 10,000,000",
        ),
        (
            changed(site={"timezone": "Mars/Olympus"}),
            422,
            "site.timezone",
            'found "Mars/Olympus", expected a time zone such as "America/Chicago"',
        ),
        (
            changed(contract={"connection": "pigeon"}),
            422,
            "contract.connection",
            "invalid enum value 'pigeon'",
        ),
        (
            changed(contract={"down_mbps": 0}),
            422,
            "contract.down_mbps",
            "found 0.0, expected a number of 0.001 or more",
        ),
    ],
)
def test_a_broken_body_is_refused_with_its_field(
    collector: Running,
    token: str,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    status: int,
    field: str | None,
    detail: str,
) -> None:
    """A problem document, nothing stored, one line in the log, and no token in it."""
    with caplog.at_level(logging.INFO):
        answer = collector.post(token, sent)
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document.get("field"), document["detail"]) == (status, field, detail)
    assert document["type"] == "about:blank"
    assert document["status"] == status
    where = f"{field}: " if field else ""
    assert [record.getMessage() for record in caplog.records] == [
        f"upload of lincoln refused: {status} {where}{detail}"
    ]
    assert token not in caplog.text
    assert collector.rows() == 0


@pytest.mark.parametrize(
    ("authorization", "challenge", "detail"),
    [
        (None, 'Bearer realm="bandgap"', "a site's token is needed"),
        ("Bearer", 'Bearer realm="bandgap"', "a site's token is needed"),
        ("Basic bGluY29sbjp4", 'Bearer realm="bandgap"', "a site's token is needed"),
        (
            "Bearer bandgap_wrong",
            'Bearer realm="bandgap", error="invalid_token"',
            "the token isn't one of this collector's",
        ),
    ],
)
def test_without_a_known_token_nothing_is_taken(
    collector: Running,
    token: str,
    caplog: pytest.LogCaptureFixture,
    authorization: str | None,
    challenge: str,
    detail: str,
) -> None:
    """401 with a challenge (RFC 6750); what was presented isn't logged."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = collector.post(None, WHOLE, **headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, detail)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert "bandgap_wrong" not in caplog.text
    assert collector.rows() == 0


def test_an_upload_of_another_site_is_a_mix_up(collector: Running, token: str) -> None:
    """One school's figures under another's name are worse than none; the agent keeps what it has."""
    answer = collector.post(token, made.body([made.week()], Site(id="roosevelt")))
    assert (answer.status_code, answer.json()["field"]) == (403, "site.id")
    assert answer.json()["detail"] == 'this is the token of "lincoln" and the upload is of "roosevelt"'
    assert collector.rows() == 0


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({"Content_Encoding": "br"}, 'Content-Encoding "br" is not known here, expected gzip, zstd or none'),
        (
            {"Content_Type": "text/csv"},
            'Content-Type "text/csv" is not known here, expected application/json',
        ),
    ],
)
def test_other_media_are_refused(
    collector: Running, token: str, headers: dict[str, str], detail: str
) -> None:
    """415 says what would have been right."""
    answer = collector.post(token, WHOLE, **headers)
    assert (answer.status_code, answer.json()["detail"]) == (415, detail)


def test_gzip_is_undone(start: Starter) -> None:
    """Agents send gzip."""
    collector = start()
    token = collector.enrol(made.LINCOLN)
    assert collector.post(token, gzip.compress(WHOLE), Content_Encoding="gzip").status_code == 200
    assert collector.rows() == 1


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (WHOLE, "the body isn't the gzip that Content-Encoding says"),
        (gzip.compress(WHOLE)[:-9], "the body's gzip ends too early"),
        (gzip.compress(WHOLE) * 2, "something follows the body's gzip"),
        (b"", "the body's gzip ends too early"),
    ],
)
def test_broken_gzip_is_refused(collector: Running, token: str, sent: bytes, detail: str) -> None:
    """400, and nothing of it is stored."""
    answer = collector.post(token, sent, Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert collector.rows() == 0


def test_a_bomb_is_refused_before_it_unfolds(start: Starter) -> None:
    """A gigabyte of nothing packs into a megabyte; no more than the limit is ever unpacked."""
    collector = start(limits={"max_unpacked_mb": 1.0})
    token = collector.enrol(made.LINCOLN)
    answer = collector.post(token, gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "the body is larger than 1 MB once unpacked",
    )


def test_a_body_that_says_it_is_too_large_is_not_read(start: Starter) -> None:
    """413 at once by Content-Length."""
    collector = start(limits={"max_body_mb": 0.01})
    answer = collector.post(collector.enrol(made.LINCOLN), b" " * 10_001)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "the body is larger than 0.01 MB; send fewer summaries at once"


def test_a_body_that_grows_too_large_is_cut_off(start: Starter) -> None:
    """Chunks have no stated length, so they are counted as they come."""
    collector = start(limits={"max_body_mb": 0.01})
    token = collector.enrol(made.LINCOLN)
    host, port = urlsplit(collector.url).hostname, urlsplit(collector.url).port
    with socket.create_connection((host, port), timeout=10) as wire:
        head = f"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        wire.sendall(b"2711\r\n" + b" " * 0x2711 + b"\r\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


def test_unknown_fields_are_ignored(start: Starter) -> None:
    """An agent may be newer than its collector."""
    collector = start()
    token = collector.enrol(made.LINCOLN)
    assert collector.post(token, changed_summary("jitter_ms", 3)).json()["accepted"] == [made.week().id]


def test_what_clients_send_makes_no_lines_of_its_own_in_the_log(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A line break in a label is a question mark there."""
    sent = dataclasses.replace(made.week(), label="x\nERROR all is lost")
    collector.post(token, made.body([sent]))
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
