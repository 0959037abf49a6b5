"""Where the trouble lies is told with what was seen, and not told where too little was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reports.congestion import congestion
from reports.fault_place import FaultPlace, Place, fault_place
from reports.samples import CapacitySample, Outage, Rates, Rung, Stretch
from reports.ways import BothWays
from tests.reports.made_tests import HOURS, MONDAY, failed, made

PROBED = [Stretch(MONDAY, MONDAY + timedelta(days=7))]
GOOD = [made(hour, day=day) for day in range(5) for hour in (10, 20)]


def located(
    tests: list[CapacitySample] = GOOD,
    outages: list[Outage] | None = None,
    contracted: Rates = Rates(),  # noqa: B008  # frozen
    *,
    probed: list[Stretch] = PROBED,
    on_path: bool = True,
) -> FaultPlace:
    congested = BothWays(congestion(tests, HOURS, "down"), congestion(tests, HOURS, "up"))
    return fault_place(outages or [], probed, tests, contracted, congested, on_path=on_path)


def outage(rung: Rung, minutes: int = 12, detail: str | None = None) -> Outage:
    at = MONDAY + timedelta(hours=9)
    end = at + timedelta(minutes=minutes)
    return Outage(at, end, end, rung, detail)


def test_a_good_week_has_no_finding_and_nothing_is_left_open() -> None:
    assert located() == FaultPlace((), None)


@pytest.mark.parametrize(
    ("rung", "place"),
    [
        ("link", "this machine"),
        ("address", "the provider's line"),
        ("gateway", "the gateway"),
        ("dns", "beyond"),
        ("internet", "the provider's line"),
    ],
)
def test_the_rung_that_failed_says_where_to_look(rung: Rung, place: Place) -> None:
    (found,) = located(outages=[outage(rung), outage(rung, 30)]).findings
    assert found.place == place
    assert found.evidence == "2 outages, 42 minutes in all"


def test_on_a_switch_port_the_near_rungs_are_the_school_s() -> None:
    """The cable goes to a switch of the school's, and its own router gives the address."""
    near: tuple[Rung, ...] = ("link", "address")
    for rung in near:
        (found,) = located(outages=[outage(rung)], on_path=False).findings
        assert found.place == "the school's network"
    (far,) = located(outages=[outage("internet")], on_path=False).findings
    assert far.place == "the provider's line"


def test_a_captive_portal_is_nobody_s_line() -> None:
    """Its outage has the rung of the Internet, and a cause inside."""
    (found,) = located(outages=[outage("internet", detail="a captive portal: it redirects")]).findings
    assert found.place == "the school's network"
    assert "captive portal" in found.sentence


@pytest.mark.parametrize(
    "flag", ["nic_limited", "half_duplex", "wifi", "cpu_bound", "link_flapped", "tunnel"]
)
def test_what_this_machine_spoils_is_this_machine_s(flag: str) -> None:
    (found,) = located([*GOOD, made(11, flags=(flag,))]).findings
    assert (found.place, found.evidence) == ("this machine", "1 of 11 tests measured")
    assert found.sentence[0].isupper()


@pytest.mark.parametrize("flag", ["proxied", "tls_intercepted"])
def test_a_filter_on_the_way_is_the_school_s(flag: str) -> None:
    (found,) = located([*GOOD, made(11, flags=(flag,))]).findings
    assert found.place == "the school's network"


@pytest.mark.parametrize("reason", ["captive_portal", "proxy", "tls_intercepted"])
def test_so_is_one_that_lets_no_test_through(reason: str) -> None:
    (found,) = located([*GOOD, failed(11, reason)]).findings
    assert (found.place, found.evidence) == ("the school's network", "1 of 11 tests made")


def test_a_server_s_limit_lies_beyond() -> None:
    tests = [*GOOD, made(11, 60, flags=("server_limited",)), failed(12, "server_busy")]
    assert [found.place for found in located(tests).findings] == ["beyond", "beyond"]


def test_less_than_was_bought_at_every_hour_is_the_provider_s() -> None:
    (found,) = located(contracted=Rates(200, 50)).findings
    assert found.place == "the provider's line"
    assert found.sentence == "At its better hours the line delivers 50 % of the contract's download rate"
    assert found.evidence == "100.0 Mbps of 200.0 Mbps, 10 trusted tests"
    assert located(contracted=Rates(105, 50)).findings == ()


def test_less_in_school_hours_alone_is_congestion_and_not_short_of_contract() -> None:
    tests = [made(10 if n < 8 else 20, 60.0 if n < 8 else 100.0 + n, day=n % 5) for n in range(16)]
    (found,) = located(tests, contracted=Rates(105, None)).findings
    assert found.place == "the provider's line"
    assert "60.0 Mbps in school hours (8 tests)" in found.evidence


def test_a_line_that_makes_everything_wait_under_load_is_told_with_its_round_trips() -> None:
    slow = [made(10, day=n % 5, latency_idle_ms=12.0, latency_loaded_ms=310.0) for n in range(6)]
    (found,) = located(slow).findings
    assert found.place == "the gateway"
    assert found.evidence == "12 ms idle, 310 ms under load, in 6 of 6 tests slow"
    assert located(slow[:4]).findings == ()
    brisk = [made(10, day=n % 5, latency_idle_ms=12.0, latency_loaded_ms=60.0) for n in range(6)]
    assert located(brisk).findings == ()


def test_findings_go_from_this_machine_outwards() -> None:
    tests = [*GOOD, made(11, flags=("server_limited",)), made(12, flags=("proxied",))]
    found = located(tests, [outage("internet"), outage("gateway"), outage("link")]).findings
    assert [one.place for one in found] == [
        "this machine", "the school's network", "the gateway", "the provider's line", "beyond",
    ]  # fmt: skip


def test_where_too_little_was_seen_that_is_said() -> None:
    """An absence of evidence is no evidence of absence."""
    nothing = located([], probed=[])
    assert nothing.findings == ()
    assert nothing.cannot_tell == (
        "Where else trouble lies can't be told: whether the Internet is in reach was not probed and no test counts."
    )
    few = located(GOOD[:3])
    assert few.cannot_tell == "Where else trouble lies can't be told: only 3 of the tests count."


def test_another_tool_s_tests_say_nothing_of_this_machine() -> None:
    """Wi-Fi was somebody's laptop's."""
    assert located([*GOOD, made(11, flags=("imported", "wifi"))]).findings == ()
