"""What it costs to close the gap: each line with the measured gap that justifies it, and its source.

Zero-based, as the CIO/CTO toolkit asks: a line stands here only because a target isn't met, and says so.
Recurring lines are a month's, one-time lines are paid once. Direct costs are on an invoice; indirect ones
are staff hours and lessons lost, told when the site gave its figures and never guessed. What isn't known is
None and named; sums are of what is known, and say what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reports.cost_settings import CostSettings, ErateSettings
from reports.gaps import Gap
from reports.prices import CircuitPrices, DiscountMatrix
from reports.sites import Contract
from reports.wording import listed, say

Kind = Literal["recurring", "one-time"]
Directness = Literal["direct", "indirect"]


@dataclass(frozen=True, slots=True)
class Finance:
    """All that a cost is worked out from: what the site told, and what is known of prices."""

    costs: CostSettings
    erate: ErateSettings
    prices: CircuitPrices
    matrix: DiscountMatrix


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One line: what, how much before and after the discount, why, and by whose word."""

    name: str
    kind: Kind
    directness: Directness
    gross: float
    discount: float | None
    evidence: str
    source: str

    @property
    def net(self) -> float:
        """The local share; all of it where no discount applies or none is known."""
        return self.gross * (1 - (self.discount or 0.0))


@dataclass(frozen=True, slots=True)
class CostToClose:
    """The lines, with what the site pays now and what the target would cost in its place.

    ``discount_source`` says where the discount comes from, None where it isn't known. ``missing`` names what
    the site would have to tell for a fuller answer.
    """

    currency: str
    now_monthly: float | None
    now_per_mbps: float | None
    target_monthly: float | None
    target_per_mbps: float | None
    discount: float | None
    discount_source: str | None
    lines: tuple[BudgetLine, ...]
    missing: tuple[str, ...]

    @property
    def more_monthly(self) -> float | None:
        """What the target costs a month beyond today's price, before the discount; None without both."""
        if self.now_monthly is None or self.target_monthly is None:
            return None
        return self.target_monthly - self.now_monthly

    @property
    def more_monthly_net(self) -> float | None:
        """The local share of it."""
        more = self.more_monthly
        return None if more is None else more * (1 - (self.discount or 0.0))

    def total(self, kind: Kind, *, net: bool) -> float:
        """The sum of the lines of a kind."""
        return sum(line.net if net else line.gross for line in self.lines if line.kind == kind)


def cost_to_close(gap: Gap, contract: Contract, finance: Finance) -> CostToClose | None:
    """The cost of the target that a gap falls short of; None where it doesn't, or isn't known to."""
    costs, erate, prices = finance.costs, finance.erate, finance.prices
    wanted = gap.required.down_mbps or gap.required.up_mbps
    if gap.verdict != "short" or wanted is None or gap.shortfall_mbps is None:
        return None
    discount, discount_source = _discount(erate, finance.matrix)
    evidence = say(
        "{gap} Mbps short of {target}, measured in {tests} tests on {days} school days",
        gap=f"{gap.shortfall_mbps:,.0f}",
        target=gap.target.name,
        tests=gap.tests,
        days=gap.school_days,
    )
    lines = []
    monthly, source = _target_price(wanted, contract, costs, prices)
    if monthly is not None:
        lines.append(
            BudgetLine(
                say("Internet access at target"), "recurring", "direct", monthly, discount, evidence, source
            )
        )
    own = say("the site's own figure")
    if costs.one_time_cost:
        lines.append(
            BudgetLine(
                say("Construction and equipment"),
                "one-time",
                "direct",
                costs.one_time_cost,
                None,
                evidence,
                own,
            )
        )
    if costs.staff_hours is not None and costs.staff_hour_cost is not None:
        hours = costs.staff_hours * costs.staff_hour_cost
        lines.append(BudgetLine(say("Staff hours"), "recurring", "indirect", hours, None, evidence, own))
    return CostToClose(
        currency=contract.currency,
        now_monthly=contract.monthly_cost,
        now_per_mbps=_per_mbps(contract.monthly_cost, contract.down_mbps),
        target_monthly=monthly,
        target_per_mbps=_per_mbps(monthly, wanted),
        discount=discount,
        discount_source=discount_source,
        lines=tuple(lines),
        missing=tuple(_missing(contract, costs, erate, prices)),
    )


def _target_price(
    wanted: float, contract: Contract, costs: CostSettings, prices: CircuitPrices
) -> tuple[float | None, str]:
    """The price a month of what the target asks, and whose it is; none where currencies would be mixed."""
    if costs.target_monthly_cost is not None:
        return costs.target_monthly_cost, costs.target_source or say("the site's own figure")
    if contract.currency != prices.currency:
        return None, ""
    monthly, circuit = prices.monthly_cost(wanted)
    return monthly, say(
        "{name}: {circuit}, prices of {years}",
        name=say(prices.name),
        circuit=circuit,
        years=prices.for_years,
    )


def _discount(erate: ErateSettings, matrix: DiscountMatrix) -> tuple[float | None, str | None]:
    if erate.discount is not None:
        return erate.discount, say("the site's own figure")
    if erate.nslp_share is None or erate.locale is None:
        return None, None
    found = matrix.discount(erate.nslp_share, erate.locale)
    return (
        found,
        say(
            "{matrix}, Category 1, {share} % of students eligible, {locale}",
            matrix=say(matrix.name),
            share=f"{erate.nslp_share * 100:.0f}",
            locale=say("rural") if erate.locale == "rural" else say("urban"),
        ),
    )


def _missing(
    contract: Contract, costs: CostSettings, erate: ErateSettings, prices: CircuitPrices
) -> Sequence[str]:
    missing = []
    american = contract.currency == prices.currency
    if contract.monthly_cost is None:
        missing.append("contract.monthly_cost")
    if costs.target_monthly_cost is None:
        missing.append("cost.target_monthly_cost")
        if not american:
            missing.append(
                say(
                    "a price in {currency}: the benchmark is in {other}",
                    currency=contract.currency,
                    other=prices.currency,
                )
            )
    if american and erate.discount is None and (erate.nslp_share is None or erate.locale is None):
        missing += [f"erate.{key}" for key in ("nslp_share", "locale") if getattr(erate, key) is None]
    if costs.staff_hours is None or costs.staff_hour_cost is None:
        missing.append(listed(["cost.staff_hours", "cost.staff_hour_cost"]))
    return missing


def _per_mbps(cost: float | None, mbps: float | None) -> float | None:
    return cost / mbps if cost is not None and mbps else None
