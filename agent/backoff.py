"""When to try an upload again: exponential, with jitter, under a ceiling.

Full jitter over the upper half spreads a fleet that lost its collector at the same moment.
"""

from __future__ import annotations

FIRST_S = 30.0
CEILING_S = 3600.0
LONGEST_S = 86_400.0
"""The most that a server may ask for."""


def delay_s(failures: int, jitter: float, asked_s: float | None = None) -> float:
    """Seconds to wait after so many failures in a row; ``jitter`` is uniform in [0, 1).

    ``asked_s`` is the server's Retry-After, which is a floor, itself held under a day.
    """
    ceiling = min(CEILING_S, FIRST_S * 2.0 ** max(0, min(failures, 32) - 1))
    wait = ceiling * (0.5 + jitter / 2)
    return max(wait, min(asked_s, LONGEST_S)) if asked_s is not None else wait
