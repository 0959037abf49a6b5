"""What an engine is asked and what it answers: the one signature that every engine has.

An engine only moves bytes. The wrapper (``agent/measure.py``) owns lock, clock, limits, counters, flags
and the sample; it makes the plan, hands in a tally that keeps the bytes spent even when the engine
fails, and turns ``NoMeasurement`` into a sample with a reason code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Phase = Literal["connect", "latency", "download", "upload", "settle"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One test to run.

    ``server`` is the engine's own kind of address (a URL for http), None for the engine's default.
    ``max_seconds`` bounds each direction, ``max_bytes`` each direction's payload. For ``least_s`` an engine
    that can holds the load, though the rate is known before: a burst may last longer. ``ca_file`` replaces
    the system's trust store for a server with a certificate of the district's own. ``token`` is the site's,
    and is shown to a bandgap collector alone, which may want it for a pass. ``pins`` are the fingerprints of
    the keys that a TLS server may have; none means any that the trust store vouches for.
    """

    server: str | None
    interface: str | None = None
    max_seconds: float = 10.0
    max_bytes: int = 1_500_000_000
    ca_file: str | None = None
    token: str | None = None
    pins: tuple[str, ...] = ()
    least_s: float = 0.0


@dataclass(slots=True)
class Tally:
    """What a test has cost so far; an engine adds to it as it goes."""

    down_bytes: int = 0
    up_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine found: payload rates in Mbit/s, medians of round trips in ms, and its own doubts.

    ``flags`` are codes of ``reports.sentences.FLAGS``; ``detail`` is what else a person may want to know,
    and no ground for distrust. The fields after it are those of a ``CapacitySample``, by the same names.
    """

    server: str
    down_mbps: float | None = None
    up_mbps: float | None = None
    latency_idle_ms: float | None = None
    latency_loaded_ms: float | None = None
    flags: tuple[str, ...] = field(default=())
    detail: str | None = None
    other_down_mbps: float | None = None
    other_up_mbps: float | None = None
    jitter_ms: float | None = None
    responsiveness_rpm: float | None = None
    loss_share: float | None = None
    retransmitted_share: float | None = None
    burst_down_mbps: float | None = None
    burst_up_mbps: float | None = None
    load_s: float | None = None

    @property
    def figures(self) -> dict[str, Any]:
        """What a sample takes over as it is."""
        kept = {each.name for each in fields(self)} - {"server", "flags", "detail"}
        return {name: getattr(self, name) for name in sorted(kept)}


class NoMeasurement(Exception):
    """The engine has no figure; ``reason`` is a code of ``reports.sentences.NO_MEASUREMENT``."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


Show = Callable[[Phase, float | None], None]
"""Called a few times a second while the engine works: the phase and the Mbit/s of this moment."""

Engine = Callable[[Plan, Tally, Show], Reading]
