"""What else one throughput test found, in words: the same on the terminal and in every format of a report.

A finding that isn't known has no words. Rates are in Mbit/s, down before up.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.samples import CapacitySample
from reports.sentences import REMARKS, latency, one_way, outcome, rate
from reports.wording import later, listed, say, say_as

DASH = "–"

NOTABLE_SHARE = 0.02
"""Other traffic below this share of the line needs no words."""

LEGEND = {
    "other": later("other traffic during the test"),
    "burst": later("what the line gave before it fell to the figure"),
    "jitter": later("in ms, on the idle line"),
    "rpm": later("round trips a minute under load"),
    "lost": later("% of UDP packets on the idle line"),
    "again": later("% of the upload's TCP segments sent again"),
}
"""What the figures of ``figure_row`` are, beside down and up; pairs are down/up."""


def share(found: float | None) -> str:
    """`0.7 %`, `12 %`, `0 %`; never 0 for what is there; a dash where nothing is known."""
    if found is None:
        return DASH
    if 0 < found < 0.0005:
        return say("under 0.1 %")
    return f"{found * 100:.{1 if 0 < found < 0.0995 else 0}f} %"


def line_rate(total_mbps: float | None, other_mbps: float | None) -> str:
    """`94.1 Mbps, 64.0 Mbps of it this test and 30.1 Mbps other traffic`; the rate alone where that's all."""
    if total_mbps is None or other_mbps is None or other_mbps < total_mbps * NOTABLE_SHARE:
        return rate(total_mbps)
    own = rate(total_mbps - other_mbps)
    return f"{rate(total_mbps)}, of it {own} this test and {rate(other_mbps)} other traffic"


def round_trips(sample: CapacitySample) -> str:
    """`12 ms idle (jitter 0.4 ms), 41 ms under load (1,463 round trips a minute)`."""
    idle, loaded = latency(sample.latency_idle_ms), latency(sample.latency_loaded_ms)
    jitter = "" if sample.jitter_ms is None else f" (jitter {jitter_words(sample.jitter_ms)})"
    rpm = sample.responsiveness_rpm
    minute = "" if rpm is None else f" ({rpm:,.0f} round trips a minute)"
    return f"{idle} idle{jitter}, {loaded} under load{minute}"


def jitter_words(ms: float | None) -> str:
    """`0.03 ms`, `0.4 ms`: to more places than a latency, for that is where it is."""
    return f"{ms:.2f} ms" if ms is not None and ms < 0.0995 else latency(ms)


def loss(sample: CapacitySample) -> str | None:
    """`0 % down, 0.8 % up (UDP echo); 0.2 % of the upload's segments sent again`."""
    parts = []
    if sample.loss_down_share is not None or sample.loss_up_share is not None:
        parts.append(f"{share(sample.loss_down_share)} down, {share(sample.loss_up_share)} up")
    elif sample.loss_share is not None:
        parts.append(f"{share(sample.loss_share)} there and back")
    if sample.retransmitted_share is not None:
        parts.append(f"{share(sample.retransmitted_share)} of the upload's segments sent again")
    return "; ".join(parts) or None


def burst(sample: CapacitySample) -> str | None:
    """`143.0 Mbps down at first; the figure is what the line sustains`."""
    rates = [
        one_way(rate(mbps), way)
        for way, mbps in (("down", sample.burst_down_mbps), ("up", sample.burst_up_mbps))
        if mbps is not None
    ]
    if not rates:
        return None
    return say("{rates} at first; {note}", rates=listed(rates), note=say(REMARKS["burst"]))


def judged(sample: CapacitySample) -> str:
    """Trusted or why not, and what to know of a figure that is right all the same."""
    words = say("Trusted") if sample.trusted else outcome(sample)
    told = burst(sample)
    return say("{judgement}. Burst: {rates}", judgement=words, rates=told) if told else words


def found_columns(tests: Sequence[CapacitySample]) -> list[str]:
    """The figures of ``figure_row`` that any of the tests has; none where all have rates alone."""
    rows = [figure_row(test) for test in tests]
    names = [name for name in (rows[0] if rows else ()) if any(row[name] != DASH for row in rows)]
    return names if set(names) & set(LEGEND) else []


def figure_row(sample: CapacitySample) -> dict[str, str]:
    """What it found as short figures with their units in the heads: for a table of 80 columns."""
    rpm = sample.responsiveness_rpm
    again, back = sample.retransmitted_share, sample.loss_share
    one_way = sample.loss_down_share is not None or sample.loss_up_share is not None
    return {
        "down": rate(sample.down_mbps).removesuffix(" Mbps"),
        "up": rate(sample.up_mbps).removesuffix(" Mbps"),
        "other": _pair(sample.other_down_mbps, sample.other_up_mbps),
        "burst": _pair(sample.burst_down_mbps, sample.burst_up_mbps),
        "jitter": jitter_words(sample.jitter_ms).removesuffix(" ms"),
        "rpm": DASH if rpm is None else f"{rpm:,.0f}",
        "lost": _pair(*(_hundredths(share) for share in (sample.loss_down_share, sample.loss_up_share)))
        if one_way
        else _short(_hundredths(back)),
        "again": _short(_hundredths(again)),
    }


def _hundredths(found: float | None) -> float | None:
    return None if found is None else found * 100


def _pair(down: float | None, up: float | None) -> str:
    return DASH if down is None and up is None else f"{_short(down)}/{_short(up)}"


def _short(figure: float | None) -> str:
    if figure is not None and 0 < figure < 0.05:
        return "<0.1"
    return DASH if figure is None else f"{figure:.{1 if figure < 9.95 else 0}f}"


def legend(names: Sequence[str]) -> str:
    """The columns of a table of such rows, in a sentence."""
    told = "; ".join(f"{column(name)}: {say(words)}" for name, words in LEGEND.items() if name in names)
    return say("{columns}. Rates in Mbps, pairs are down/up.", columns=told)


def column(name: str) -> str:
    """The head of a column of ``figure_row``."""
    heads = {
        "down": say_as("column", "down"),
        "up": say_as("column", "up"),
        "other": say_as("column", "other"),
        "burst": say_as("column", "burst"),
        "jitter": say_as("column", "jitter"),
        "rpm": say_as("column", "rpm"),
        "lost": say_as("column", "lost"),
        "again": say_as("column", "again"),
    }
    return heads[name]
