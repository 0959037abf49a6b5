"""Passes for throughput tests: an enrolled site asks for one, and it admits that one test.

A pass is for one test because a test is what costs: it has to be begun soon, holds for the time that a
test takes from its first use, and a site's new pass ends the one before. They live in this process's
memory: a restart ends them, and the agent asks again. Times are monotonic seconds.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

BEGIN_WITHIN_S = 60.0
"""Between asking and the first octet lie the latency probes, a few seconds."""

LASTS_S = 90.0
"""From the first use: both directions at their limits, with their latency probes between."""


@dataclass(slots=True)
class _Pass:
    site: str
    issued_s: float
    began_s: float | None = None


@dataclass(slots=True)
class Passes:
    """The passes that are out, by their secret, and by site."""

    _out: dict[str, _Pass] = field(default_factory=dict)
    _of: dict[str, str] = field(default_factory=dict)

    def issue(self, site: str, now_s: float) -> str:
        """A new pass for a site."""
        self._out.pop(self._of.get(site, ""), None)
        secret = secrets.token_urlsafe(16)
        self._out[secret] = _Pass(site, now_s)
        self._of[site] = secret
        return secret

    def admits(self, secret: str, now_s: float) -> bool:
        """Whether a request with this pass may go ahead; its first use begins its time."""
        found = self._out.get(secret)
        if found is None:
            return False
        if found.began_s is None and now_s - found.issued_s <= BEGIN_WITHIN_S:
            found.began_s = now_s
        if found.began_s is not None and now_s - found.began_s <= LASTS_S:
            return True
        del self._out[secret]
        return False
