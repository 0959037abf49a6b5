"""The client's side of WebSocket: frames in any pieces, and nothing but frames."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engines import websocket
from agent.engines.websocket import Frames, Message, NotWebSocket

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3, with the answer to it
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat"
)


def frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


STREAM = (
    frame(0x82, bytes(8192))
    + frame(0x81, b'{"a": 1}')
    + frame(0x89, b"ping")
    + frame(0x02, bytes(100))  # a binary message in three parts, and a ping among them
    + frame(0x00, bytes(70_000))
    + frame(0x89, b"")
    + frame(0x80, bytes(10))
    + frame(0x01, b"two ")  # a text in two
    + frame(0x8A, b"pong")
    + frame(0x80, b"parts")
    + frame(0x81, b"")
    + frame(0x88, b"\x03\xe8")
)
MESSAGES = [
    Message(websocket.TEXT, b'{"a": 1}'),
    Message(websocket.PING, b"ping"),
    Message(websocket.PING, b""),
    Message(websocket.PONG, b"pong"),
    Message(websocket.TEXT, b"two parts"),
    Message(websocket.TEXT, b""),
    Message(websocket.CLOSE, b"\x03\xe8"),
]


@given(st.lists(st.integers(1, 40_000), max_size=20))
def test_frames_are_the_same_however_they_are_cut(sizes: list[int]) -> None:
    frames, found, at = Frames(), [], 0
    for size in [*sizes, len(STREAM)]:
        found += frames.feed(memoryview(STREAM)[at : at + size])
        at += size
    assert found == MESSAGES
    assert frames.binary_bytes == 8192 + 100 + 70_000 + 10


def test_octet_by_octet() -> None:
    stream = frame(0x82, bytes(300)) + frame(0x81, b"x" * 200) + frame(0x89, b"p")
    frames, found = Frames(), []
    for at in range(len(stream)):
        found += frames.feed(memoryview(stream)[at : at + 1])
    assert found == [Message(websocket.TEXT, b"x" * 200), Message(websocket.PING, b"p")]
    assert frames.binary_bytes == 300


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 200 OK\r\n",
        frame(0xC2, b"a reserved bit"),
        frame(0x83, b"an unknown kind"),
        frame(0x80, b"a part of nothing"),
        frame(0x02, b"a part") + frame(0x82, b"another message"),
        frame(0x09, b"a ping in parts"),
        frame(0x89, bytes(200)),
        bytes((0x82, 0x80 | 4)) + bytes(8),  # masked
        struct.pack("!BBQ", 0x82, 127, (1 << 24) + 1),
        struct.pack("!BBQ", 0x81, 127, 1 << 20),
        frame(0x01, bytes(60_000)) + frame(0x00, bytes(60_000)),
    ],
)
def test_what_no_server_of_websocket_sends_is_refused(stream: bytes) -> None:
    with pytest.raises(NotWebSocket):
        Frames().feed(memoryview(stream))


def test_the_largest_message_of_ndt7_is_taken() -> None:
    frames = Frames()
    frames.feed(memoryview(struct.pack("!BBQ", 0x82, 127, 1 << 24)))
    for _ in range(16):
        frames.feed(memoryview(bytes(1 << 20)))
    assert frames.binary_bytes == 1 << 24


def test_the_example_of_the_rfc_is_agreed_to() -> None:
    websocket.check(ANSWER, "chat", KEY)


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER.replace(b"101", b"200"),
        ANSWER.replace(b"s3pPLM", b"AAAAAA"),
        ANSWER.replace(b"chat", b"net.measurementlab.ndt.v7"),
        ANSWER.replace(b"Upgrade: WebSocket", b"Upgrade: h2c"),
        b"SSH-2.0-OpenSSH_9.2",
    ],
)
def test_an_answer_to_something_else_isnt(answer: bytes) -> None:
    with pytest.raises(NotWebSocket):
        websocket.check(answer, "chat", KEY)


def test_what_the_client_sends_is_masked() -> None:
    sent = websocket.control(websocket.PONG, b"are you there")
    assert sent[:2] == bytes((0x8A, 0x80 | 13))
    assert bytes(octet ^ sent[2 + index % 4] for index, octet in enumerate(sent[6:])) == b"are you there"
    for size, head in ((8192, 4), (1 << 16, 10), (1 << 20, 10)):
        message = websocket.random_message(size)
        assert message[0] == 0x82
        assert message[1] & 0x80
        assert len(message) == head + 4 + size
