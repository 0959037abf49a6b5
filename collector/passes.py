"""Passes for throughput tests: an enrolled site asks for one, and it admits that one test.

A pass is for one test because a test is what costs: it has to be begun soon, holds for the time that a
test takes from its first use, and a site's new pass ends the one before. A pass says when it was issued and,
in a form that tells nothing, to whom; it is signed with a key that all processes of one collector have from
before they were begun, for a test's flows come to any of them. Each remembers what it saw: a process to which
a pass is new can't know when it was first used elsewhere, and admits it for as long as it may last at most.
A restart makes another key, which ends all passes, and the agent asks again. Times are monotonic seconds, one
clock for all processes of a machine.
"""

from __future__ import annotations

import hmac
import math
import secrets
from dataclasses import dataclass, field

BEGIN_WITHIN_S = 60.0
"""Between asking and the first octet lie the latency probes, a few seconds."""

LASTS_S = 90.0
"""From the first use: both directions at their limits, with their latency probes between."""

_KEY = secrets.token_bytes(32)


@dataclass(slots=True)
class _Pass:
    """The newest of a site's that this process saw. ``began_s`` is its first use here."""

    issued_ms: int
    began_s: float | None = None


@dataclass(slots=True)
class Passes:
    """The newest passes, by whose they are."""

    _newest: dict[str, _Pass] = field(default_factory=dict)

    def issue(self, site: str, now_s: float) -> str:
        """A new pass for a site."""
        whose = _signed(f"site {site}")
        before = self._newest.get(whose)
        issued_ms = max(round(now_s * 1000), before.issued_ms + 1 if before else 0)
        self._newest[whose] = _Pass(issued_ms)
        said = f"{issued_ms}-{whose}"
        return f"{said}-{_signed(said)}"

    def admits(self, secret: str, now_s: float) -> bool:
        """Whether a request with this pass may go ahead; its first use begins its time."""
        said, _, signature = secret.rpartition("-")
        if not hmac.compare_digest(_signed(said).encode(), signature.encode()):
            return False
        moment, _, whose = said.partition("-")
        issued_ms, found = int(moment), self._newest.get(whose)
        if found is None or found.issued_ms < issued_ms:  # issued by another process, and maybe begun there
            found = self._newest[whose] = _Pass(issued_ms, issued_ms / 1000 + BEGIN_WITHIN_S)
        if found.issued_ms > issued_ms:
            return False
        if found.began_s is None and now_s - issued_ms / 1000 <= BEGIN_WITHIN_S:
            found.began_s = now_s
        if found.began_s is not None and now_s - found.began_s <= LASTS_S:
            return True
        found.began_s = -math.inf  # over for good
        return False


def _signed(text: str) -> str:
    return hmac.digest(_KEY, text.encode(), "sha256")[:16].hex()
