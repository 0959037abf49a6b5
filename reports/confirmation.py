"""A test below target and the second one, on another server, that tells the line's limit from the server's.

Of the two at most one counts: they are of one moment, and moments below target would else weigh double in
the median. Where the second gives as much, it confirms the first, and the first counts; where one gives
clearly more, the other's server was the limit, and the faster counts. Where there can be no second test the
first counts all the same, and its detail says that nothing confirmed it.
"""

from __future__ import annotations

from dataclasses import replace

from reports.samples import CapacitySample, Rates

SERVER_LIMITED = "server_limited"
CONFIRMS = "confirms"

CLEARLY_MORE = 1.05
"""Two tests of one idle line agree within 3 % (docs/truth.md), other traffic accounted for; what differs by
more than 5 % is a difference of the servers, or of the ways to them."""

_UNCONFIRMED = "below target, not confirmed by another server"


def below(sample: CapacitySample, asked: Rates) -> bool:
    """Whether a figure that would count is less than what is asked, either way."""
    return sample.trusted and any(
        want is not None and have is not None and have < want
        for want, have in ((asked.down_mbps, sample.down_mbps), (asked.up_mbps, sample.up_mbps))
    )


def held_together(
    first: CapacitySample, second: CapacitySample, asked: Rates
) -> tuple[CapacitySample, CapacitySample]:
    """Both tests, the one that doesn't count flagged with why."""
    if not second.trusted:
        why = second.reason if second.outcome == "no_measurement" else ", ".join(second.flags)
        return unconfirmed(first, f"{_whose(second)}: {why}"), second
    ways = _ways_below(first, asked)
    if any(_clearly_more(second, first, way) for way in ways):
        return replace(first, flags=(*first.flags, SERVER_LIMITED)), second
    if any(_clearly_more(first, second, way) for way in ways):
        return first, replace(second, flags=(*second.flags, SERVER_LIMITED))
    first = replace(first, detail=_joined(first.detail, f"below target, confirmed by {_whose(second)}"))
    second = replace(second, flags=(*second.flags, CONFIRMS))
    return first, replace(second, detail=_joined(second.detail, f"confirms {_whose(first)}"))


def unconfirmed(first: CapacitySample, why: str) -> CapacitySample:
    """A test below target that stands without a second one."""
    return replace(first, detail=_joined(first.detail, f"{_UNCONFIRMED}: {why}"))


def is_unconfirmed(sample: CapacitySample) -> bool:
    return _UNCONFIRMED in (sample.detail or "")


def _ways_below(sample: CapacitySample, asked: Rates) -> list[str]:
    return [
        way
        for way in ("down_mbps", "up_mbps")
        if (want := getattr(asked, way)) is not None
        and (have := getattr(sample, way)) is not None
        and have < want
    ]


def _clearly_more(one: CapacitySample, other: CapacitySample, way: str) -> bool:
    more, less = getattr(one, way), getattr(other, way)
    return more is not None and less is not None and more > less * CLEARLY_MORE


def _whose(sample: CapacitySample) -> str:
    return f"{sample.engine} on {sample.server}" if sample.server else sample.engine


def _joined(detail: str | None, words: str) -> str:
    return f"{detail}; {words}" if detail else words
