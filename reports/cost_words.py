"""What closing the gap costs, in words: gross, what E-rate pays, and what is left for the school.

Each amount is told with whose it is and of which year. A benchmark is called one: it begins a talk, and ends
none.
"""

from __future__ import annotations

from reports.costs import BudgetLine, CostToClose
from reports.sentences import percent, rate
from reports.week import WeeklyReport


def cost(report: WeeklyReport) -> list[str]:
    """Sentences for a first page; what isn't known has one that says what to set."""
    if not report.gaps or not report.gaps[0].applies:
        return ["What the recommended line costs isn't worked out: no target applies here."]
    verdict, found = report.gaps[0].verdict, report.cost
    if verdict == "meets":
        return ["The recommendation is met: there is no gap to close, and nothing to pay for it."]
    if verdict == "not enough evidence" or found is None:
        return ["What closing the gap costs is worked out once there is a verdict."]
    return [
        words for words in (_recurring(report, found), _share(found), _once(found), _missing(found)) if words
    ]


def money(amount: float, currency: str) -> str:
    """`1,900 USD`, `840.50 USD`."""
    whole = abs(amount - round(amount)) < 0.005
    return f"{amount:,.{0 if whole else 2}f} {currency}"


def _recurring(report: WeeklyReport, found: CostToClose) -> str | None:
    if found.target_monthly is None:
        return None
    line = next(line for line in found.lines if line.kind == "recurring" and line.directness == "direct")
    wanted = report.gaps[0].required.down_mbps or report.gaps[0].required.up_mbps
    price = money(found.target_monthly, found.currency)
    words = f"Gross: a line of {rate(wanted)} costs about {price} a month ({line.source})"
    more = found.more_monthly
    if more is None or found.now_monthly is None:
        return words + "."
    now = money(found.now_monthly, found.currency)
    if more < 0:
        return f"{words}, {money(-more, found.currency)} less than the {now} that are paid today."
    return f"{words}, {money(more, found.currency)} more than the {now} that are paid today."


def _share(found: CostToClose) -> str | None:
    if found.target_monthly is None:
        return None
    if found.discount is None and not any(key.startswith("erate.") for key in found.missing):
        return None
    if found.discount is None:
        return "Local share: all of that, as long as no E-rate discount is known."
    left = found.target_monthly * (1 - found.discount)
    return (
        f"E-rate pays {percent(found.discount)} of it ({found.discount_source}). Local share: "
        f"{money(left, found.currency)} a month."
    )


def _once(found: CostToClose) -> str | None:
    others = [line for line in found.lines if line.kind == "one-time" or line.directness == "indirect"]
    if not others:
        return None
    told = ", ".join(
        f"{line.name.lower()} {money(line.gross, found.currency)}{_how_often(line)}" for line in others
    )
    return f"Besides, by the school's own figures: {told}."


def _how_often(line: BudgetLine) -> str:
    return " once" if line.kind == "one-time" else " a month"


def _missing(found: CostToClose) -> str | None:
    if not found.missing:
        return None
    keys = [key for key in found.missing if not key.startswith("a price in")]
    notes = [key for key in found.missing if key.startswith("a price in")]
    words = f"For a fuller answer, set {', '.join(keys)} in agent.toml" if keys else "A fuller answer takes"
    return f"{words}{': ' if keys and notes else ' ' if notes else ''}{'; '.join(notes)}."
