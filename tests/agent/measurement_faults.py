"""What goes wrong around a throughput test, and what the sample must say of it.

Each fault is set up for real on loopback. The codes are the sample's reason, or flags of its figure: a
figure without either would be believed.
"""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from agent.measure import take_capacity_sample
from reports.samples import CapacitySample
from tests.agent.speed_server import speed_server

MAX_SECONDS = 3.0
MAX_BYTES = 100_000_000
LIMIT_S = 2 * MAX_SECONDS + 12
"""Both directions, and what comes before: to connect, to ask what the server is, to ping it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: how to set it up, and the codes of which the sample must have one."""

    name: str
    server: Callable[[], AbstractContextManager[str]]
    codes: frozenset[str]
    settings: dict[str, Any]


@contextmanager
def refusing() -> Iterator[str]:
    """A port on which nobody listens, and nobody will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def deaf() -> Iterator[str]:
    """A port that drops every SYN: its queue of connections is full (listen(2)), and nobody accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            for caller in callers:
                caller.close()


def _fault(
    name: str,
    server: str | Callable[[], AbstractContextManager[str]],
    *codes: str,
    mbps: float | None = 40,
    settings: dict[str, Any] | None = None,
) -> Fault:
    """A row; ``server`` is a fault of ``speed_server``, none for "", or something that is no server at all."""
    if isinstance(server, str):
        server = partial(speed_server, *([server] if server else []), mbps=mbps)
    return Fault(name, server, frozenset(codes), settings or {})


FAULTS = (
    _fault(
        "a 100 Mb port before a gigabit contract",
        "",
        "nic_limited",
        mbps=95,
        settings={"link_speed_mbps": 100.0, "contracted_mbps": 1000.0},
    ),
    _fault("a captive portal's page", "portal", "captive_portal"),
    _fault("a captive portal's redirect", "portal redirect", "captive_portal"),
    _fault("a captive portal that says ok", "plain portal", "not_a_server"),
    _fault("a server that is off: refused", refusing, "refused"),
    _fault("a server that is off: SYN dropped", deaf, "timeout"),
    _fault("a server that accepts and says nothing", "silent", "timeout"),
    _fault("a server that answers octet by octet", "drips", "timeout"),
    _fault("a server that stalls in mid-answer", "stalls", "timeout", "incomplete"),
    _fault("a server that closes in mid-answer", "closes half-way", "incomplete", "not_steady", mbps=400),
    _fault("a server that takes no uploads", "refuses posts", "incomplete"),
    _fault("a server that fails", "error", "server_error"),
    _fault("garbage instead of HTTP", "garbage", "not_a_server"),
    _fault("a length that isn't the one asked for", "says too little", "not_a_server"),
    _fault("an answer that never ends, at a line's rate", "never stops", "not_steady", "truncated"),
    _fault("an answer that never ends, at once", "never stops", "too_little", "truncated", mbps=None),
)


def sample_of(fault: Fault, folder: Path) -> tuple[CapacitySample, float]:
    """The sample that is taken of it, and the seconds that took."""
    with fault.server() as url:
        began = time.monotonic()
        sample = take_capacity_sample(
            [("http", url)],
            lock_path=folder / "test.lock",
            clock=lambda: datetime.now(UTC),  # noqa: TID251  # what was set here would be a fault of its own
            new_id=lambda: str(uuid.uuid4()),
            max_seconds=MAX_SECONDS,
            max_bytes=MAX_BYTES,
            **fault.settings,
        )
        return sample, time.monotonic() - began


def told(sample: CapacitySample) -> list[str]:
    """The codes of a sample: its reason, or its flags."""
    return [sample.reason] if sample.reason else list(sample.flags)


def is_told(fault: Fault, sample: CapacitySample) -> bool:
    """Whether the sample has one of the fault's codes."""
    return bool(fault.codes & set(told(sample)))
