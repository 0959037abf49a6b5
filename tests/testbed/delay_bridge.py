"""Passes Ethernet frames between two interfaces after a delay, and loses some, as ``netem`` would.

    python delay_bridge.py IF_A IF_B ONE_WAY_MS LOSS_PERCENT SECONDS

For kernels without ``netem``. Good to about 250 Mbit/s on one core; beyond that the bridge itself is the
line. Ends by itself after SECONDS.
"""

from __future__ import annotations

import collections
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_RCVBUFFORCE, SO_SNDBUFFORCE = 33, 32
QUEUE_FRAMES = 200_000
TURN_FRAMES = 256


def opened(interface: str) -> socket.socket:
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((interface, 0))
    raw.setblocking(False)
    raw.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    for option in (SO_RCVBUFFORCE, SO_SNDBUFFORCE):
        raw.setsockopt(socket.SOL_SOCKET, option, 32 << 20)
    return raw


def bridge(first: str, second: str, delay_s: float, loss: float, seconds: float) -> None:
    sockets = opened(first), opened(second)
    queues: tuple[collections.deque[tuple[float, bytes]], ...] = (collections.deque(), collections.deque())
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        for side in (0, 1):
            receive, queue, send = sockets[side].recv, queues[side], sockets[1 - side].send
            try:
                for _ in range(TURN_FRAMES):
                    frame = receive(2048)
                    if (not loss or random.random() > loss) and len(queue) < QUEUE_FRAMES:
                        queue.append((now + delay_s, frame))
            except BlockingIOError:
                pass
            try:
                while queue and queue[0][0] <= now:
                    send(queue[0][1])
                    queue.popleft()
            except BlockingIOError:
                pass
            except OSError:
                queue.popleft()
        select.select([], [], [], 0.0002 if queues[0] or queues[1] else 0.001)


if __name__ == "__main__":
    one_way_ms, loss_percent, lifetime_s = (float(word) for word in sys.argv[3:6])
    bridge(sys.argv[1], sys.argv[2], one_way_ms / 1000, loss_percent / 100, lifetime_s)
