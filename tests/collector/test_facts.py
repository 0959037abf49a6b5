"""How what a gateway tells of its site changes what the collector knows."""

from __future__ import annotations

from datetime import date

from collector.enrolled import merged_contract, merged_site
from reports.sites import Contract, Site
from tests.collector import made
from tests.collector.conftest import Running

ENROLLED = Site(id="lincoln", name="Lincoln Elementary", students=400, staff=30, district_students=13_400)


def test_a_fact_that_is_told_replaces_the_known_one() -> None:
    """The gateway is nearer to the school than who enrolled it."""
    assert merged_site(ENROLLED, Site(students=430)).students == 430


def test_a_fact_that_is_not_told_erases_nothing() -> None:
    """None means not told, which is no news."""
    found = merged_site(ENROLLED, Site(students=430))
    assert (found.staff, found.district_students) == (30, 13_400)


def test_a_gateway_without_a_name_does_not_rename_the_site() -> None:
    """ "This site" is what every unnamed gateway calls itself."""
    assert merged_site(ENROLLED, Site()).name == "Lincoln Elementary"


def test_the_id_stays_the_enrolled_one() -> None:
    """The token says which site it is."""
    assert merged_site(ENROLLED, Site(id="other")).id == "lincoln"


def test_a_currency_changes_only_with_its_cost() -> None:
    """A cost in euros doesn't become one in dollars by a gateway that knows no cost."""
    known = Contract(monthly_cost=900.0, currency="EUR", ends_on=date(2027, 6, 30))
    assert merged_contract(known, Contract(down_mbps=100.0)) == Contract(
        down_mbps=100.0, monthly_cost=900.0, currency="EUR", ends_on=date(2027, 6, 30)
    )
    assert merged_contract(known, Contract(monthly_cost=800.0)).currency == "USD"


def test_an_upload_brings_its_facts(collector: Running) -> None:
    """Facts of the latest upload stand beside those from enrolment that it leaves open."""
    token = collector.enrol(ENROLLED, Contract(provider="Lakes Cable"))
    collector.post(token, made.body([], Site(id="lincoln", students=430), Contract(down_mbps=100.0)))
    found = collector.get("/v1/sites/lincoln").json()
    assert (found["site"]["students"], found["site"]["staff"]) == (430, 30)
    assert (found["contract"]["down_mbps"], found["contract"]["provider"]) == (100.0, "Lakes Cable")
    assert found["standing"]["agent"] == "0.1.0"
