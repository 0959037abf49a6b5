"""Sends datagrams at a rate for a second, is silent for a second, and so on.

    python pulses.py ADDRESS MBIT SECONDS

The rate is that of Ethernet frames, as the bed counts them. Ends by itself after SECONDS.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time

DISCARD_PORT = 9
PAYLOAD_BYTES = 1400
FRAME_BITS = (PAYLOAD_BYTES + 42) * 8  # UDP 8, IP 20, Ethernet 14


def send(address: str, mbit: float, seconds: float) -> None:
    frames_s, block = mbit * 1e6 / FRAME_BITS, bytes(PAYLOAD_BYTES)
    ends = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        while (began := time.monotonic()) < ends:
            sent = 0
            while (passed := time.monotonic() - began) < 1:
                while sent < passed * frames_s:
                    with contextlib.suppress(OSError):
                        out.sendto(block, (address, DISCARD_PORT))
                    sent += 1
                time.sleep(0.001)  # noqa: TID251  # a bed, not the product
            time.sleep(1)  # noqa: TID251


if __name__ == "__main__":
    send(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
