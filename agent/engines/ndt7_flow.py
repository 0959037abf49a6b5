"""The one flow of an ndt7 test: a WebSocket on which octets go one way for ten seconds.

It is ``http_flow.Flow`` in shape: asked to ``pump`` when its socket is ready, it moves what can be moved
now and never waits. A server may end the test when it likes, by a closing handshake or by hanging up; the
test is then over and not failed (specification v0.11, "WebSocket channel usage"). A failure is what goes
wrong before the first octet, or an answer that no ndt7 server gives.
"""

from __future__ import annotations

import selectors
from typing import Literal

from agent import __version__
from agent.engines import method, ndt7_told, tcp_round_trips, websocket
from agent.engines.http_address import Address, connect, no_measurement
from agent.engines.ndt7_told import Told
from agent.engines.plan import NoMeasurement
from agent.engines.tcp_info import TcpInfo

Way = Literal["down", "up"]

PROTOCOL = "net.measurementlab.ndt.v7"
USER_AGENT = f"bandgap/{__version__}"

FIRST_MESSAGE_BYTES, MOST_MESSAGE_BYTES, SCALING = 1 << 13, 1 << 20, 16
"""A message is doubled while it is less than a sixteenth of what was sent (specification, appendix): slow
lines have small ones, and so counts that come often."""

_READ = memoryview(bytearray(method.BLOCK_BYTES))


class Ndt7Flow:
    """One direction's connection; ``began_s`` is when the handshake was complete, the test's zero time."""

    __slots__ = (
        "_address",
        "_answer",
        "_asked",
        "_ending",
        "_frame",
        "_frames",
        "_key",
        "_message_bytes",
        "_out",
        "_target",
        "began_s",
        "closed",
        "connection",
        "failure",
        "queued",
        "told",
        "way",
    )

    def __init__(self, address: Address, target: str, way: Way, now_s: float) -> None:
        self._address, self._target, self.way = address, target, way
        self.connection = connect(address, now_s)
        self.closed, self.failure = False, None  # type: bool, NoMeasurement | None
        self.began_s: float | None = None
        self.queued = 0
        self.told: list[Told] = []
        self._key = websocket.new_key()
        self._answer = bytearray()
        self._asked = self._ending = False
        self._frames = websocket.Frames()
        self._out = b""  # control frames, for when the message on its way has ended
        self._frame = memoryview(b"")
        self._message_bytes = FIRST_MESSAGE_BYTES

    @property
    def events(self) -> int:
        sends = self._out or self._frame or (self.way == "up" and self.began_s and not self._ending)
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if sends else 0)

    @property
    def rtt_ms(self) -> float | None:
        """This kernel's smoothed round trip."""
        return tcp_round_trips.smoothed_ms(self.connection.socket)

    def pump(self, now_s: float, allowed: int) -> int:
        """Moves octets, and ends the test once an upload has none left that are allowed."""
        try:
            if self.began_s is None:
                self._shake_hands(now_s)
                return 0
            return self._read() + self._write(allowed)
        except OSError as error:
            self.closed = True
            if not self._frames.binary_bytes and not self.queued:
                self.failure = no_measurement(error, self._address.authority)
        except websocket.NotWebSocket as error:
            self._fail(NoMeasurement("not_a_server", f"{self._address.authority}: {error}"))
        return 0

    def arrived(self, info: TcpInfo | None) -> int:
        """Payload at its receiver: what came in, or what the peer acknowledged or says that it has.

        Never what was queued. TCP's count has the request and the messages' heads in it, 16 octets each.
        """
        if self.way == "down":
            return self._frames.binary_bytes
        if info is not None:
            return int(info.arrived_bytes * self.payload_share)
        return next((each.received for each in reversed(self.told) if each.received is not None), 0)

    @property
    def payload_share(self) -> float:
        return method.TLS_PAYLOAD_SHARE if self.connection.secure else 1.0

    def end(self) -> None:
        """Begins the closing handshake; an upload's message on its way is ended first."""
        if not self._ending and self.began_s is not None:
            self._out += websocket.control(websocket.CLOSE, b"\x03\xe8")  # 1000, normal closure
        self._ending = True

    def _shake_hands(self, now_s: float) -> None:
        if now_s > self.connection.opened_by:
            raise TimeoutError
        if not self.connection.open(now_s):
            return
        if not self._asked:
            request = websocket.upgrade(
                self._target, self._address.authority, PROTOCOL, self._key, USER_AGENT
            )
            self._asked = bool(self.connection.send(request))
            return
        count = self.connection.receive(_READ)
        if count is None:
            return
        self._answer += _READ[:count]
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            if count == 0 or len(self._answer) > websocket.MOST_HEAD_BYTES:
                raise websocket.NotWebSocket("no HTTP answer")
            return
        head, rest = bytes(self._answer[:end]), bytes(self._answer[end + 4 :])
        if (code := websocket.status(head)) >= 500:
            reason = "server_busy" if code == 503 else "server_error"
            self._fail(NoMeasurement(reason, f"HTTP {code} from {self._address.authority}"))
            return
        websocket.check(head, PROTOCOL, self._key)
        self.began_s = now_s
        self._hear(memoryview(rest))

    def _read(self) -> int:
        """Takes what is here, TLS by the record; returns the payload in it."""
        before = self._frames.binary_bytes
        for _ in range(method.TLS_RECORDS if self.connection.secure else 1):
            count = self.connection.receive(_READ)
            if count is None:
                break
            if count == 0:
                self.closed = self._ending = True
                break
            self._hear(_READ[:count])
        return self._frames.binary_bytes - before

    def _hear(self, block: memoryview) -> None:
        for message in self._frames.feed(block):
            if message.opcode == websocket.TEXT:
                if told := ndt7_told.parse(message.payload):
                    self.told.append(told)
            elif message.opcode == websocket.PING:
                self._out += websocket.control(websocket.PONG, message.payload)
            elif message.opcode == websocket.CLOSE:
                self.end()
                self.closed = True
        if self.way == "up" and self._frames.binary_bytes:
            raise websocket.NotWebSocket("it sends in an upload")

    def _write(self, allowed: int) -> int:
        """Sends what waits and, in an upload, messages until there is no room or nothing more is allowed."""
        moved = 0
        while True:
            if not self._frame:
                if self._out:
                    self._frame, self._out = memoryview(self._out), b""
                elif self.way == "down" or self._ending:
                    return moved
                elif moved >= allowed:
                    self.end()
                    continue
                else:
                    self._frame = self._next_message()
            sent = self.connection.send(self._frame)
            self._frame = self._frame[sent:]
            if self.way == "up":
                self.queued += sent
                moved += sent
            if not sent:
                return moved

    def _next_message(self) -> memoryview:
        if self._message_bytes < MOST_MESSAGE_BYTES and self._message_bytes < self.queued / SCALING:
            self._message_bytes *= 2
        return _messages(self._message_bytes)

    def _fail(self, failure: NoMeasurement) -> None:
        self.closed, self.failure = True, failure


_MADE: dict[int, memoryview] = {}


def _messages(size: int) -> memoryview:
    """The message of a size, made when it is first asked for."""
    if size not in _MADE:
        _MADE[size] = memoryview(websocket.random_message(size))
    return _MADE[size]
