"""Adds up what a direction's flows have counted, by themselves and by TCP, to one mark's totals."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from agent.engines import method, tcp_info
from agent.engines.http_flow import Flow
from agent.engines.tcp_info import TcpInfo


@dataclass(slots=True)
class FlowCounts:
    """Totals of some flows; ``told`` is False once a flow's connection had no counts to give.

    ``header_bytes`` is what the interface counts before each IP packet. The other fields are those of a
    mark.
    """

    receives: bool
    header_bytes: int
    payload: int = 0
    segments: int = 0
    carried: int = 0
    headers: int = 0
    data_segments: int = 0
    mss: int = 0
    retransmitted: int = 0
    told: bool = True

    def add(self, flow: Flow) -> None:
        """Adds a flow as it stands now."""
        connection = flow.connection.socket
        info = tcp_info.read(connection)
        self.payload += flow.arrived(info)
        if info is None:
            self.told = False
            return
        if self.receives:
            carried, segments = info.received_bytes, info.segments_in
            self.data_segments += info.data_segments_in or 0
            self.mss = max(self.mss, info.peer_mss)
        else:
            carried, segments = info.sent_bytes or info.acked_bytes, info.segments_out
            self.retransmitted += info.retransmitted
        self.carried += carried
        self.segments += segments
        self.headers += segments * (self.header_bytes + _headers(connection, info))


def _headers(connection: socket.socket, info: TcpInfo) -> int:
    """Octets of IP and TCP header in each segment."""
    network = 40 if connection.family == socket.AF_INET6 else 20
    return network + method.TCP_HEADER_BYTES + (method.TIMESTAMP_BYTES if info.timestamps else 0)
