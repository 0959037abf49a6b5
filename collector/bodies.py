"""Reads a request's body within limits, and undoes gzip or zstd without being blown up by it.

Nothing is trusted: not the length that the client states, nor that it ever sends the rest, nor what
little data a great deal may have been packed into.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping

from starlette.types import Receive

from collector.problems import Problem

PATIENCE_S = 30.0
"""How long a client may take to send its body."""

MOST_ZSTD_WINDOW = 8 << 20
"""The memory that undoing zstd may take: what RFC 9659 lets senders of HTTP ask for."""

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(
    headers: Mapping[bytes, bytes], receive: Receive, *, most: int, most_unpacked: int
) -> bytes:
    """The body as it was before any encoding. Raises Problem; ``most`` are bytes as sent."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
    if encoding != "identity" and encoding not in UNPACKED:
        raise Problem(415, f'Content-Encoding "{encoding}" is not known here, expected gzip, zstd or none')
    media = headers.get(b"content-type", b"application/json")
    if media != b"application/json":
        named = media.decode("latin-1").partition(";")[0].strip().lower()
        if named != "application/json":
            raise Problem(415, f'Content-Type "{named}" is not known here, expected application/json')
    stated = headers.get(b"content-length", b"")
    if stated.isdigit() and (len(stated) > 15 or int(stated) > most):
        raise _too_large(most)
    sent = await _in_time(receive, most)
    return sent if encoding == "identity" else UNPACKED[encoding](sent, most_unpacked)


def small_body(headers: Mapping[bytes, bytes], sent: bytes, most: int) -> bytes | None:
    """The body of a request that is here already, of at most so many bytes packed and unpacked; or None."""
    if len(sent) > most or headers.get(b"content-type", b"application/json") != b"application/json":
        return None
    encoding = headers.get(b"content-encoding")
    if encoding is None:
        return sent
    if encoding != b"gzip":
        return None
    try:
        return _gunzipped(sent, most)
    except Problem:
        return None


async def _in_time(receive: Receive, most: int) -> bytes:
    """The body within PATIENCE_S, as asyncio.timeout has it but for its cost: most bodies are there."""
    task = asyncio.current_task()
    assert task is not None
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        task.cancel()

    timer = asyncio.get_running_loop().call_later(PATIENCE_S, end)
    try:
        return await _received(receive, most)
    except asyncio.CancelledError:
        if not late or task.uncancel():
            raise
        raise Problem(408, f"the body took longer than {PATIENCE_S:g} s to arrive") from None
    finally:
        timer.cancel()


async def _received(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "the connection ended before the body did")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _gunzipped(sent: bytes, most: int) -> bytes:
    """Undoes gzip, of one member (RFC 1952), and stops as soon as ``most`` bytes are exceeded."""
    member = zlib.decompressobj(_GZIP)
    try:
        body = member.decompress(sent, most + 1)
    except zlib.error:
        raise Problem(400, "the body isn't the gzip that Content-Encoding says") from None
    if len(body) > most:
        raise _too_large_unpacked(most)
    if not member.eof:
        raise Problem(400, "the body's gzip ends too early")
    if member.unused_data:
        raise Problem(400, "something follows the body's gzip")
    return body


def _unzstd(sent: bytes, most: int) -> bytes:
    """Undoes zstd, of one frame (RFC 8878), and stops as soon as ``most`` bytes are exceeded."""
    import zstandard  # most collectors are never sent it

    frame = zstandard.ZstdDecompressor(max_window_size=MOST_ZSTD_WINDOW).decompressobj(
        write_size=1 << 16, read_across_frames=False
    )
    body = bytearray()
    try:
        # In small parts: each may hold a thousand times what it is, which is looked at before the next.
        for start in range(0, len(sent), 256):
            if frame.eof:
                raise Problem(400, "something follows the body's zstd")
            body += frame.decompress(sent[start : start + 256])
            if len(body) > most:
                raise _too_large_unpacked(most)
    except zstandard.ZstdError:
        raise Problem(400, "the body isn't the zstd that Content-Encoding says") from None
    if not frame.eof:
        raise Problem(400, "the body's zstd ends too early")
    if frame.unused_data:
        raise Problem(400, "something follows the body's zstd")
    return bytes(body)


UNPACKED: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "zstd": _unzstd,
}
"""How each encoding is undone."""


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most / 1e6:g} MB; send fewer summaries at once")


def _too_large_unpacked(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most / 1e6:g} MB once unpacked")
