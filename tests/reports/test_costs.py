"""What closing a gap costs, line by line, with whose word each figure is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.cost_settings import CostSettings, ErateSettings
from reports.costs import CostToClose, Finance, cost_to_close
from reports.faults import ConfigFault
from reports.gaps import Gap
from reports.prices import CircuitPrices, DiscountMatrix, read_prices
from reports.samples import Rates
from reports.shipped import shipped_prices, shipped_targets
from reports.sites import Contract

PRICES, MATRIX = shipped_prices()
CONTRACT = Contract(down_mbps=500, up_mbps=500, monthly_cost=850.0, ends_on=date(2028, 6, 30))
SHORT = Gap(
    target=shipped_targets()["setda-2-2020-21"],
    required=Rates(down_mbps=900.0),
    terms="",
    contracted=Rates(500, 500),
    delivered=Rates(470, 480),
    demanded=Rates(300, 40),
    way="down",
    shortfall_mbps=430.0,
    share_met=0.52,
    people=450,
    people_served=234,
    verdict="short",
    tests=12,
    school_days=5,
    missing=(),
)


def closed(
    gap: Gap = SHORT,
    contract: Contract = CONTRACT,
    costs: CostSettings = CostSettings(),  # noqa: B008  # frozen
    erate: ErateSettings = ErateSettings(),  # noqa: B008
) -> CostToClose:
    found = cost_to_close(gap, contract, Finance(costs, erate, PRICES, MATRIX))
    assert found is not None
    return found


def test_no_gap_no_line() -> None:
    """Zero-based: a line needs a measured gap."""
    for verdict in ("meets", "not enough evidence"):
        nothing_told = Finance(CostSettings(), ErateSettings(), PRICES, MATRIX)
        assert cost_to_close(replace(SHORT, verdict=verdict), CONTRACT, nothing_told) is None


def test_the_benchmark_is_the_circuit_that_holds_the_target_and_says_its_year() -> None:
    found = closed()
    assert found.target_monthly == 3000
    assert found.more_monthly == 2150
    assert found.now_per_mbps == pytest.approx(1.70)
    assert found.target_per_mbps == pytest.approx(3000 / 900)
    (line,) = found.lines
    assert "1,000 Mbps" in line.source
    assert "2016-17" in line.source
    assert "430 Mbps short of SETDA 2020-21" in line.evidence
    assert "12 tests" in line.evidence


def test_without_a_discount_known_the_local_share_is_all_and_what_is_missing_is_named() -> None:
    found = closed()
    assert found.discount is None
    assert found.more_monthly_net == found.more_monthly
    assert {"erate.nslp_share", "erate.locale", "cost.target_monthly_cost"} <= set(found.missing)


def test_e_rate_pays_its_share() -> None:
    found = closed(erate=ErateSettings(nslp_share=0.62, locale="rural"))
    assert found.discount == 0.80
    assert found.more_monthly_net == pytest.approx(430.0)
    assert found.discount_source is not None
    assert "62 % of students" in found.discount_source
    assert "rural" in found.discount_source


def test_a_site_s_own_offer_takes_the_benchmark_s_place() -> None:
    found = closed(
        costs=CostSettings(
            target_monthly_cost=1900, target_source="offer of 2026-10-02", one_time_cost=12_000,
            staff_hours=3, staff_hour_cost=45,
        ),
        erate=ErateSettings(discount=0.8),
    )  # fmt: skip
    assert [line.name for line in found.lines] == [
        "Internet access at target",
        "Construction and equipment",
        "Staff hours",
    ]
    assert found.lines[0].source == "offer of 2026-10-02"
    assert [line.directness for line in found.lines] == ["direct", "direct", "indirect"]
    assert found.total("recurring", net=False) == 1900 + 135
    assert found.total("recurring", net=True) == pytest.approx(380 + 135)
    assert found.total("one-time", net=True) == 12_000
    assert found.missing == ()


def test_currencies_are_never_mixed() -> None:
    found = closed(contract=replace(CONTRACT, currency="EUR"))
    assert found.target_monthly is None
    assert found.more_monthly is None
    assert found.lines == ()
    assert any("EUR" in one for one in found.missing)


def test_what_is_beyond_the_largest_circuit_takes_several() -> None:
    assert PRICES.monthly_cost(10_000) == (7500, "a circuit of 10,000 Mbps")
    assert PRICES.monthly_cost(1_282) == (6000, "2 circuits of 1,000 Mbps")
    assert PRICES.monthly_cost(10_001) == (15_000, "2 circuits of 10,000 Mbps")


@given(st.floats(1, 30_000), st.floats(1, 30_000))
def test_more_never_costs_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert PRICES.monthly_cost(low)[0] <= PRICES.monthly_cost(high)[0]


@pytest.mark.parametrize(
    ("share", "urban", "rural"),
    [
        (0.0, 20, 25),
        (0.01, 40, 50),
        (0.19, 40, 50),
        (0.2, 50, 60),
        (0.49, 60, 70),
        (0.5, 80, 80),
        (0.75, 90, 90),
    ],
)
def test_the_matrix_is_usac_s(share: float, urban: int, rural: int) -> None:
    """Under 1, 1 to 19, 20 to 34, 35 to 49, 50 to 74, 75 and more per cent."""
    assert MATRIX.discount(share, "urban") * 100 == pytest.approx(urban)
    assert MATRIX.discount(share, "rural") * 100 == pytest.approx(rural)


def test_a_table_that_nobody_verified_does_not_load() -> None:
    with pytest.raises(ConfigFault, match="nobody verified"):
        read_prices(CircuitPrices,
            {
                "name": "x", "source": "x", "url": "x", "for_years": "x", "currency": "USD", "verified": False,
                "circuits": [{"mbps": 1, "monthly_cost": 1}],
            },
            "x.toml:",
        )  # fmt: skip
    with pytest.raises(ConfigFault, match="must rise"):
        read_prices(DiscountMatrix,
            {
                "name": "x", "source": "x", "url": "x", "verified": True,
                "steps": [{"urban": 0.1, "rural": 0.1, "nslp_below": 0.5}],
            },
            "x.toml:",
        )  # fmt: skip
