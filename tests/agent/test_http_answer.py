"""One answer of HTTP is read as it comes, however its body is delimited, and what is no HTTP is said."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from agent.engines.http_answer import Answer, NotHttp

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answered(*parts: bytes, closes: bool = True) -> Iterator[Answer]:
    """The answer that comes in these parts, over a real connection."""
    here, there = socket.socketpair()
    here.settimeout(5)

    def send() -> None:
        with suppress(BrokenPipeError):  # whoever has the whole body needn't wait for the rest
            for part in parts:
                there.sendall(part)
        if closes:
            there.close()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with here, Answer(here, time.monotonic() + 5) as answer:
            yield answer
    finally:
        thread.join()
        there.close()


def whole(answer: Answer) -> bytes:
    return b"".join(iter(lambda: answer.read(1000), b""))


def test_a_body_of_a_declared_length_ends_there_though_the_connection_stays() -> None:
    with answered(OK + b"Content-Length: 5\r\n\r\nhello and more", closes=False) as answer:
        assert (answer.status, whole(answer)) == (200, b"hello")


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    with answered(OK + b"\r\n", b"a" * 40_000) as answer:
        assert whole(answer) == b"a" * 40_000


@pytest.mark.parametrize("extension", [b"", b";name=value", b" "])
def test_chunks_are_put_together(extension: bytes) -> None:
    chunks = b"".join(
        b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in (b"one ", b"\r\n", b"x" * 99)
    )
    head = OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
    with answered(head + chunks + b"0\r\nTrailer: x\r\n\r\n", closes=False) as answer:
        assert whole(answer) == b"one \r\n" + b"x" * 99


def test_it_makes_no_difference_where_the_network_cuts() -> None:
    sent = OK + b"transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    for cut in range(1, len(sent)):
        with answered(sent[:cut], sent[cut:]) as answer:
            assert whole(answer) == b"hello world"


def test_no_more_is_read_at_once_than_is_asked_for() -> None:
    with answered(OK + b"Content-Length: 6\r\n\r\nabcdef") as answer:
        assert [answer.read(4), answer.read(4), answer.read(4)] == [b"abcd", b"ef", b""]


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        OK + b"Content-Length: 0\r\n\r\n",
    ],
)
def test_some_answers_have_no_body(head: bytes) -> None:
    with answered(head, closes=False) as answer:
        assert whole(answer) == b""


def test_interim_answers_are_passed_over() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with answered(early + b"HTTP/1.0 404\r\nContent-Length: 1\r\n\r\nx") as answer:
        assert (answer.status, whole(answer)) == (404, b"x")


def test_names_of_headers_are_the_same_in_small_letters_and_repeated_ones_are_one() -> None:
    with answered(OK + b"VIA: 1.1 one\r\nlocation:/x\r\nVia:\t1.1 two \r\n\r\n") as answer:
        assert answer.headers["via"] == "1.1 one, 1.1 two"
        assert answer.headers.get("Location") == "/x"
        assert "Age" not in answer.headers
        assert dict(answer.headers) == {"via": "1.1 one, 1.1 two", "location": "/x"}


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length: 10\r\n\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\na\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_a_body_that_is_cut_short_just_ends(head: bytes) -> None:
    with answered(head) as answer:
        assert whole(answer) == b"abc"


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"no header\r\n\r\n",
        OK + b"X: " + b"x" * 70_000,
    ],
)
def test_what_is_no_http_is_said(sent: bytes) -> None:
    with pytest.raises(NotHttp), answered(sent):
        pass


@pytest.mark.parametrize("size", [b"-5", b"xyz", b"0x5", b""])
def test_a_chunk_of_no_length_is_no_http(size: bytes) -> None:
    with (
        answered(OK + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n;\r\n") as answer,
        pytest.raises(NotHttp),
    ):
        answer.read(9)


def test_a_server_that_hangs_up_before_its_head_is_whole_has_closed_the_connection() -> None:
    for begun in (b"", b"HTTP/1.1 2"):
        with pytest.raises(ConnectionError), answered(begun):
            pass


def test_a_head_that_comes_by_the_octet_has_an_end() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"HTTP/1.1 200 OK\r\nX-Wait: ")
        with pytest.raises(TimeoutError):
            Answer(here, time.monotonic() - 1)
