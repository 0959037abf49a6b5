"""What round trips say beside their median: how even they are, and how many fit into a minute. Pure.

Jitter is the mean absolute difference of successive round trips. RFC 5481, 4.1 names the difference of
successive packets inter-packet delay variation (RFC 3393 with each packet's neighbour as selection); it
speaks of one way, while here there and back are together, for one clock can't tell them apart.

Round trips per minute are the unit of draft-ietf-ippm-responsiveness. That draft opens connections of its
own and takes part of its probes on the loaded ones, as trimmed means of TCP's, TLS's and HTTP's steps. Here
they are small GETs on one connection of their own that is open already, and their median: the queue in
the line is in both, the one in a loaded flow's own buffers in the draft's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agent.engines.averages import mean


def jitter_ms(round_trips_s: Sequence[float]) -> float | None:
    """In milliseconds; None for fewer than three, of which no mean can be made."""
    if len(round_trips_s) < 3:
        return None
    return mean(abs(after - before) for before, after in pairwise(round_trips_s)) * 1000


def per_minute(loaded_ms: float | None) -> float | None:
    """Round trips per minute at a round trip under load; None where nobody knows that."""
    return 60_000 / loaded_ms if loaded_ms else None
