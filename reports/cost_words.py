"""What closing the gap costs, in words: gross, what E-rate pays, and what is left for the school.

Each amount is told with whose it is and of which year. A benchmark is called one: it begins a talk, and ends
none.
"""

from __future__ import annotations

from reports.costs import BudgetLine, CostToClose
from reports.sentences import percent, rate
from reports.week import WeeklyReport
from reports.wording import say


def cost(report: WeeklyReport) -> list[str]:
    """Sentences for a first page; what isn't known has one that says what to set."""
    if not report.gaps or not report.gaps[0].applies:
        return [say("What the recommended line costs isn't worked out: no target applies here.")]
    verdict, found = report.gaps[0].verdict, report.cost
    if verdict == "meets":
        return [say("The recommendation is met: there is no gap to close, and nothing to pay for it.")]
    if verdict == "not enough evidence" or found is None:
        return [say("What closing the gap costs is worked out once there is a verdict.")]
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
    costs = {
        "rate": rate(wanted),
        "price": money(found.target_monthly, found.currency),
        "source": line.source,
    }
    more = found.more_monthly
    if more is None or found.now_monthly is None:
        return say("Gross: a line of {rate} costs about {price} a month ({source}).", **costs)
    costs |= {"now": money(found.now_monthly, found.currency), "more": money(abs(more), found.currency)}
    if more < 0:
        return say(
            "Gross: a line of {rate} costs about {price} a month ({source}), {more} less than the {now} that "
            "are paid today.",
            **costs,
        )
    return say(
        "Gross: a line of {rate} costs about {price} a month ({source}), {more} more than the {now} that are "
        "paid today.",
        **costs,
    )


def _share(found: CostToClose) -> str | None:
    if found.target_monthly is None:
        return None
    if found.discount is None and not any(key.startswith("erate.") for key in found.missing):
        return None
    if found.discount is None:
        return say("Local share: all of that, as long as no E-rate discount is known.")
    left = found.target_monthly * (1 - found.discount)
    return say(
        "E-rate pays {share} of it ({source}). Local share: {price} a month.",
        share=percent(found.discount),
        source=found.discount_source,
        price=money(left, found.currency),
    )


def _once(found: CostToClose) -> str | None:
    others = [line for line in found.lines if line.kind == "one-time" or line.directness == "indirect"]
    if not others:
        return None
    told = ", ".join(
        f"{line.name.lower()} {how_often(money(line.gross, found.currency), line)}" for line in others
    )
    return say("Besides, by the school's own figures: {costs}.", costs=told)


def how_often(price: str, line: BudgetLine) -> str:
    """`1,900 USD a month`."""
    return (
        say("{price} once", price=price) if line.kind == "one-time" else say("{price} a month", price=price)
    )


def _missing(found: CostToClose) -> str | None:
    if not found.missing:
        return None
    keys = ", ".join(key for key in found.missing if " " not in key or key.startswith("cost."))
    notes = "; ".join(key for key in found.missing if " " in key and not key.startswith("cost."))
    if not keys:
        return say("A fuller answer takes {what}.", what=notes)
    if notes:
        return say("For a fuller answer, set {keys} in agent.toml: {what}.", keys=keys, what=notes)
    return say("For a fuller answer, set {keys} in agent.toml.", keys=keys)
