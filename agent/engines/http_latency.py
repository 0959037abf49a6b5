"""Round trips by HTTP: a small GET on a connection that is kept, and the time until its answer begins.

What a page waits for, where ICMP may be blocked, answered by the firewall, or barred for lack of
privilege. Before the load it is the idle latency; under load, on a connection of its own, the loaded one.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence

from agent.engines import method
from agent.engines.averages import median
from agent.engines.http_address import Connection, connect, no_measurement
from agent.engines.http_asking import USER_AGENT
from agent.engines.http_discovery import Server
from agent.engines.plan import NoMeasurement

READ_BYTES = 16_384
READS_MOST = 16
"""Reads that the rest of one answer may take; a server that sends more gets a new connection."""


class Pinger:
    """One ping at a time over one connection, which is opened anew when the server closes it."""

    __slots__ = (
        "_asked_at",
        "_buffer",
        "_clock",
        "_connection",
        "_request",
        "_server",
        "octets",
        "since_ask_s",
    )

    def __init__(self, server: Server, clock: Callable[[], float]) -> None:
        self._server, self._clock = server, clock
        self._request = (
            f"GET {server.ping} HTTP/1.1\r\nHost: {server.address.authority}\r\n"
            f"User-Agent: {USER_AGENT}\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
        ).encode()
        self._buffer = bytearray(READ_BYTES)
        self._connection: Connection | None = None
        self._asked_at: float | None = None
        self.octets = 0

    def fileno(self) -> int:
        """The descriptor to wait on; -1 without a connection."""
        return self._connection.fileno() if self._connection else -1

    @property
    def waiting_s(self) -> float | None:
        """How long the ping on its way has been waited for; None when none is."""
        return None if self._asked_at is None else self._clock() - self._asked_at

    def ask(self) -> bool:
        """Sends a ping, or goes on opening the connection for it; True once one is on its way."""
        if self._asked_at is not None:
            return True
        try:
            if self._connection is None:
                self._connection = connect(self._server.address, self._clock())
            if not self._connection.open(self._clock()):
                return False
            if not self._is_clear():
                return False
            self._asked_at = self._clock()
            self._connection.send(self._request)
        except OSError:
            self.close()
            raise
        return True

    def hear(self) -> float | None:
        """The round trip in seconds when the answer has begun to arrive, else None."""
        if self._connection is None or self._asked_at is None:
            return None
        try:
            count = self._connection.receive(self._buffer)
        except OSError:
            count = 0
        if count is None:
            return None
        if count == 0:
            self.close()
            return None
        self.octets += count
        if not self._buffer.startswith(b"HTTP/"):
            return None  # the rest of the answer before
        took, self._asked_at = self._clock() - self._asked_at, None
        return took

    def idle(self, pings: int = method.IDLE_PINGS) -> list[float]:
        """Some round trips in seconds, in their order; raises NoMeasurement when no ping is answered."""
        where, found = self._server.where, list[float]()
        ends = self._clock() + max(method.IDLE_S, method.CONNECT_TIMEOUT_S)
        enough = self._clock() + method.IDLE_S
        tries = 0
        while len(found) < pings and self._clock() < (enough if found else ends):
            try:
                asked = self.ask()
            except OSError as error:
                raise no_measurement(error, where) from None
            if not asked:
                select.select([], [], [], 0.0005)  # the handshake's next step comes in a round trip
                continue
            select.select([self.fileno()], [], [], ends - self._clock() if self._clock() < ends else 0)
            if (took := self.hear()) is not None:
                found.append(took)
            elif self._connection is None:
                tries += 1
                if tries > pings:
                    break
        if not found:
            raise NoMeasurement("timeout", f"{where} answered no ping")
        return found

    def close(self) -> None:
        if self._connection:
            self._connection.reset()
        self._connection, self._asked_at = None, None

    def _is_clear(self) -> bool:
        """Reads what the last answer had after its beginning; False for a connection that was closed."""
        for _ in range(READS_MOST):
            if self._connection is None or (count := self._connection.receive(self._buffer)) is None:
                return self._connection is not None
            if count == 0:
                self.close()
        self.close()
        return False


def loaded_ms(round_trips_s: Sequence[float], waiting_s: Sequence[float]) -> float | None:
    """The median under load, in ms. A ping that is still on its way counts when it has already taken
    longer than the median: on a bloated line those that came back are the quick ones."""
    if not round_trips_s:
        return max(waiting_s, default=0.0) * 1000 or None
    late = [waited for waited in waiting_s if waited > median(round_trips_s)]
    return median([*round_trips_s, *late]) * 1000
