"""Reads a request's body within limits, and undoes gzip without being blown up by it.

Nothing is trusted: not the length that the client states, nor that it ever sends the rest, nor what
little data a great deal may have been packed into.
"""

from __future__ import annotations

import asyncio
import zlib

from starlette.requests import ClientDisconnect, Request

from collector.problems import Problem

PATIENCE_S = 30.0
"""How long a client may take to send its body."""

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, *, most: int, most_unpacked: int) -> bytes:
    """The body as it was before any gzip. Raises Problem; ``most`` are bytes as sent."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Problem(415, f'Content-Encoding "{encoding}" is not known here, expected gzip or none')
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(415, f'Content-Type "{media}" is not known here, expected application/json')
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and (len(stated) > 15 or int(stated) > most):
        raise _too_large(most)
    try:
        async with asyncio.timeout(PATIENCE_S):
            sent = await _received(request, most)
    except TimeoutError:
        raise Problem(408, f"the body took longer than {PATIENCE_S:g} s to arrive") from None
    except ClientDisconnect:
        raise Problem(400, "the connection ended before the body did") from None
    return sent if encoding == "identity" else _unpacked(sent, most_unpacked)


async def _received(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _unpacked(sent: bytes, most: int) -> bytes:
    """Undoes gzip, of one member (RFC 1952), and stops as soon as ``most`` bytes are exceeded."""
    member = zlib.decompressobj(_GZIP)
    try:
        body = member.decompress(sent, most + 1)
    except zlib.error:
        raise Problem(400, "the body isn't the gzip that Content-Encoding says") from None
    if len(body) > most:
        raise Problem(413, f"the body is larger than {most / 1e6:g} MB once unpacked")
    if not member.eof:
        raise Problem(400, "the body's gzip ends too early")
    if member.unused_data:
        raise Problem(400, "something follows the body's gzip")
    return body


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than {most / 1e6:g} MB; send fewer summaries at once")
