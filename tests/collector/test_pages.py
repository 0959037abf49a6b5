"""What people see: every site in its place, harmless names, no script, nothing from elsewhere."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from collector.database import Database
from collector.engine import writing
from collector.settings import load
from collector.tables import sites
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import Running, Starter, running

VOID = {"meta", "link", "br", "img", "input"}


class Page(HTMLParser):
    """Tags in order, each closed as it was opened; text without tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def page(collector: Running, path: str, status: int = 200) -> Page:
    answer = collector.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(answer.text)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Lincoln short, Roosevelt meets, Jefferson without evidence, Oak silent, Birch never heard."""
    with running(Database(tmp_path_factory.mktemp("fleet") / "c.sqlite"), load(None)) as collector:
        _fill(collector)
        yield collector


def _fill(collector: Running) -> None:
    token = collector.enrol(made.LINCOLN, made.CABLE)
    collector.post(token, made.body([made.week(), made.day(), made.hour()]))
    for name, week in (
        ("roosevelt", made.week(down=5000.0)),
        ("jefferson", made.week(down=100.0, tests=2, school_days=1)),
        ("oak", made.week(down=50.0)),
    ):
        site = dataclasses.replace(made.LINCOLN, id=name, name=name.title())
        collector.post(collector.enrol(site), made.body([week], site))
    collector.enrol(Site(id="birch", name="Birch"))
    collector.now += timedelta(hours=4)
    for name in ("lincoln", "roosevelt", "jefferson"):
        with writing(collector.store.engine) as connection:
            heard = int(collector.now.timestamp()) - 720
            connection.execute(update(sites).where(sites.c.id == name).values(heard_at=heard))


def test_the_fleet_is_counted_and_ranked(fleet: Running) -> None:
    """Worst gap first, and silent sites are rows like all others."""
    found = page(fleet, "/sites")
    assert "5 sites, worst gap first" in found.words
    assert "Sites that are short lack 1,918 Mbps together." in found.words
    assert "1 short of it 1 not enough evidence 2 silent 1 meet the target" in found.words
    links = [
        attrs["href"] for tag, attrs in found.tags if tag == "a" and str(attrs["href"]).startswith("/sites/")
    ]
    assert links == ["/sites/oak", "/sites/lincoln", "/sites/jefferson", "/sites/roosevelt", "/sites/birch"]


def test_the_first_page_says_how_the_fleet_stands(fleet: Running) -> None:
    """How many are short, what they lack in Mbps and people, and what is to be done."""
    found = page(fleet, "/")
    assert "1 of 5 sites falls short of what is recommended" in found.words
    assert "Together they lack 1,918 Mbps, and 447 people are served below SETDA 2020-21." in found.words
    assert "2 silent sites to look after" in found.words
    assert "0 contracts end before 2027-07-01" in found.words
    links = [attrs["href"] for tag, attrs in found.tags if tag == "a"]
    assert {"/sites?state=short", "/silent", "/contracts", "/sites/lincoln"} <= set(links)


def test_contracts_are_told_against_the_window_of_settings(start: Starter) -> None:
    """On the first page and on their own, which leads to those that end before the funding year begins too."""
    collector = start(erate={"window_opens": date(2027, 1, 13), "window_closes": date(2027, 3, 26)})
    token = collector.enrol(made.LINCOLN)
    soon = dataclasses.replace(made.CABLE, ends_on=date(2027, 1, 12))
    assert collector.post(token, made.body([made.week()], made.LINCOLN, soon)).status_code == 200
    assert (
        "1 contract ends before 2027-01-13, when the next E-rate window opens" in page(collector, "/").words
    )
    found = page(collector, "/contracts")
    assert "1 contract ends before 2027-01-13" in found.words
    assert "The next E-rate window is from 2027-01-13 to 2027-03-26." in found.words
    assert "/contracts?before=2027-07-01" in [attrs.get("href") for _, attrs in found.tags]
    collector.now += timedelta(days=60)
    assert "before 2027-03-26, when the E-rate window closes" in page(collector, "/").words


def test_a_row_says_all_of_its_site(fleet: Running) -> None:
    """Verdict, week, delivered, asked, shortfall, people, share, demand, utilisation, age."""
    words = page(fleet, "/sites").words
    row = words[words.index("Lincoln Elementary") : words.index("Jefferson")]
    assert row.strip() == (
        "Lincoln Elementary lincoln Short Week 48, 2026 94.1 / 20.3 2,012 / – 1,918 Mbps 447 4 % 71.0 / 9.00 "
        "75 % 12 minutes ago"
    )
    assert "Silent was short, Week 48, 2026" in words
    assert "Birch birch Silent no week received – – – – – – – never" in words


def test_the_fleet_can_be_narrowed_to_a_verdict(fleet: Running) -> None:
    """Each count leads to its sites."""
    words = page(fleet, "/sites?state=silent").words
    assert "2 sites found" in words
    assert "Birch" in words
    assert "Lincoln" not in words


@pytest.mark.parametrize(
    "query",
    [
        "?page=2",
        "?limit=x",
        "?limit=99999999999999999999",
        "?state=%3Cscript%3E",
        "?sort=share_met;drop table standings",
        "?after=x",
        "?after=W251bGwsMV0&before=W251bGwsMV0",
        "?q=%00",
        "?q=%ff%fe",
        "?q=%3Cscript%3E",
        "?q=' OR 1=1 --",
        "?q=%25_%25",
        "?district=../../etc/passwd",
        "?before=9999-99-99",
    ],
)
@pytest.mark.parametrize("path", ["/", "/sites", "/silent", "/districts", "/contracts", "/map"])
def test_odd_queries_do_no_harm(fleet: Running, path: str, query: str) -> None:
    """There is always a page, and nothing of the query is more than text in it."""
    assert "<script>" not in fleet.get(path + query).text
    page(fleet, path + query)


def test_a_site_has_its_three_numbers_side_by_side(fleet: Running) -> None:
    """Contracted, delivered and demanded are three, with where each comes from."""
    words = page(fleet, "/sites/lincoln").words
    assert (
        "Short of SETDA 2020-21 by 1,918 Mbps and 447 of 468 users: 94.1 Mbps down delivered, 2,012 Mbps asked."
    ) in words
    assert "Contracted down 100.0 Mbps up 20.0 Mbps What the contract says (Lakes Cable)." in words
    assert "Delivered down 94.1 Mbps up 20.3 Mbps Median of 24 trusted tests on 5 school days." in words
    assert "Demanded down 71.0 Mbps up 9.00 Mbps" in words


def test_a_site_shows_each_target_and_what_was_received(fleet: Running) -> None:
    """Gaps, weeks, days and hours with coverage, and the last upload."""
    words = page(fleet, "/sites/lincoln").words
    for target in ("SETDA 2020-21", "SETDA 2023-24", "FCC longer-term"):
        assert target in words
    assert "Week 48, 2026 so far, to Fri 27 Nov 2026, 12:05 94.1 / 20.3" in words
    assert "1,297 of 1,297 (100 %)" in words
    assert "Fri 27 Nov, 12:00" in words
    assert "Last upload Fri 27 Nov 2026, 15:53, 12 minutes ago" in words


def test_a_site_that_was_never_heard_says_so(fleet: Running) -> None:
    """No figure is made up for it."""
    words = page(fleet, "/sites/birch").words
    assert "No summary of a week has been received yet, so there is nothing to judge by." in words
    assert "never heard" in words


def test_the_week_before_is_named_when_it_speaks(collector: Running, token: str) -> None:
    """Whoever reads the figure sees which week it is of."""
    last = made.week(made.NOW - timedelta(days=7))
    collector.post(token, made.body([last, made.week(tests=1)]))
    assert "Short Week 47, 2026, complete" in page(collector, "/sites/lincoln").words


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}",
        "مدرسة النور",
        "🎒" * 50,
        "W" * 200,
        "a&amp;b' onmouseover='x",
    ],
)
def test_hostile_names_are_only_text(collector: Running, name: str) -> None:
    """A name is shown as it is, letter by letter, wherever it stands."""
    site = dataclasses.replace(made.LINCOLN, id="hostile", name=name)
    contract = dataclasses.replace(made.CABLE, provider=name)
    token = collector.enrol(site)
    assert collector.post(token, made.body([made.week()], site, contract)).status_code == 200
    for path in ("/", "/sites", "/sites/hostile"):
        found = page(collector, path)
        assert name in found.pieces
        assert not {"script", "img"} & {tag for tag, _ in found.tags}
        assert not any(key.startswith("on") for _, attrs in found.tags for key in attrs)


@pytest.mark.parametrize("path", ["/", "/sites", "/sites/lincoln", "/sites/birch", "/docs", "/nothing"])
def test_no_page_needs_a_script_or_another_server(fleet: Running, path: str) -> None:
    """All that a page loads is this collector's style sheet; inline styles, which its policy forbids, none."""
    found = Page(fleet.get(path).text)
    loads = [str(attrs.get("href")) for tag, attrs in found.tags if tag == "link"]
    assert [one for one in loads if not one.startswith("data:")] == [loads[0]]
    assert loads[0].startswith("/static/collector.css?")
    assert not any("style" in attrs or tag in ("script", "style") for tag, attrs in found.tags)
    assert fleet.get(loads[0]).headers["Content-Type"].startswith("text/css")
    assert not re.search(r"url\(|@import", fleet.get(loads[0]).text)


@pytest.mark.parametrize("path", ["/", "/sites", "/sites/lincoln", "/silent", "/docs"])
def test_tables_tell_what_they_are(fleet: Running, path: str) -> None:
    """Each has a caption, and each heading its scope."""
    found = page(fleet, path)
    count = [tag for tag, _ in found.tags].count
    assert count("table") == count("caption") > 0
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in found.tags if tag == "th")


def test_an_unknown_site_is_a_page_that_says_so(collector: Running) -> None:
    """404, in words."""
    assert "No site is enrolled under this id." in page(collector, "/sites/nobody", 404).words


def test_a_collector_without_sites_says_how_to_enrol(collector: Running) -> None:
    """The first thing that anybody sees."""
    assert "bandgap collector enrol SITE" in page(collector, "/").words


def test_long_tables_are_turned_over(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page, each site once."""
    monkeypatch.setattr("collector.views.table.SITES_PER_PAGE", 2)
    collector = start()
    for name in "abcde":
        collector.enrol(name)
    links, path = [], "/sites"
    while path:
        found = page(collector, path)
        links += [str(attrs["href"]) for tag, attrs in found.tags if tag == "a"]
        path = next((str(attrs["href"]) for _, attrs in found.tags if attrs.get("rel") == "next"), "")
    assert [one[-1] for one in links if one.startswith("/sites/")] == list("abcde")
