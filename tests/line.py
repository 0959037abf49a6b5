"""A line of known rate on loopback: a relay that passes bytes on at so many Mbit/s each way, and no faster.

All connections through it share the line, as they would share a school's. It carries any TCP protocol.
Its queues are short, so that latency under load grows by milliseconds and what was acknowledged has
nearly arrived. Below 100 Mbit/s or so a queue is a tenth of a second, and rates look lumpy.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHUNK_BYTES = 16_384
QUEUE_BYTES = 131_072
AHEAD_S = 0.002
"""How far the bucket lets bytes run ahead: less than a timer's tick couldn't be kept."""


class Bucket:
    """Hands out a rate among all who ask, first come, first served."""

    def __init__(self, mbps: float) -> None:
        self._bytes_per_s = mbps * 1e6 / 8
        self._free_at = 0.0

    async def take(self, count: int) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - AHEAD_S) + count / self._bytes_per_s
        if self._free_at > now + AHEAD_S:
            await asyncio.sleep(self._free_at - now)


async def relaying(port: int, down_mbps: float, up_mbps: float) -> int:
    """Starts to relay to a loopback port in the running loop; returns the port to connect to."""
    down, up = Bucket(down_mbps), Bucket(up_mbps)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _keep_short(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK_BYTES)
        except OSError:
            writer.transport.abort()
            return
        _keep_short(back)
        pours = [
            asyncio.ensure_future(_pour(reader, back, up)),
            asyncio.ensure_future(_pour(there, writer, down)),
        ]
        await asyncio.wait(pours, return_when=asyncio.FIRST_COMPLETED)
        for pour in pours:
            pour.cancel()
        for one in (writer, back):
            one.transport.abort()

    listener = await asyncio.start_server(relay, "127.0.0.1", 0, limit=CHUNK_BYTES)
    return int(listener.sockets[0].getsockname()[1])


@contextlib.contextmanager
def line_to(port: int, *, down_mbps: float, up_mbps: float) -> Iterator[int]:
    """Relays to a loopback port for as long as the block lasts, in a process of its own; yields the port."""
    words = [sys.executable, "-m", "tests.line", str(port), str(down_mbps), str(up_mbps)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bucket: Bucket) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            await bucket.take(len(chunk))
            writer.write(chunk)
            await writer.drain()


def _keep_short(writer: asyncio.StreamWriter) -> None:
    writer.transport.set_write_buffer_limits(high=CHUNK_BYTES)
    connection: socket.socket = writer.get_extra_info("socket")
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        connection.setsockopt(socket.SOL_SOCKET, option, QUEUE_BYTES)


async def _relay_for_ever(port: int, down_mbps: float, up_mbps: float) -> None:
    print(await relaying(port, down_mbps, up_mbps), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    to_port, down, up = sys.argv[1:4]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_relay_for_ever(int(to_port), float(down), float(up)))
