"""How sites stand is judged beforehand: only what changed, by one process, and silence without an upload."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from collector.engine import reading, writing
from collector.registry import add_place, put_site
from collector.settings import ErateWindowSettings
from collector.standings import contracts, judging, lease
from collector.standings.asked import Asked
from collector.standings.judging import Judge
from collector.standings.reading import one, part, place_totals, totals
from collector.standings.scope import ALL, Scope
from collector.standings.tables import standing_leases, standings
from collector.standings.trends import scoped_trend, trend
from collector.tables import circuits
from reports.evidence import EvidenceRule
from reports.sites import Contract
from reports.summaries import Summary
from tests.collector import made
from tests.collector.board_of_schools import Schools


@pytest.fixture
def schools(source: Engine) -> Schools:
    return Schools(source)


def test_a_row_has_the_verdict_and_what_it_rests_on(schools: Schools) -> None:
    """The same judgement as the site's own page, and the figures that the table is sorted by."""
    before = made.week(made.NOW - timedelta(days=7), down=45.0)
    schools.add("lincoln", [made.week(), before], contract=made.CABLE)
    schools.judge().catch_up()
    with reading(schools.source) as connection:
        row = one(connection, ALL, "lincoln")
    assert row is not None
    assert (row.state, row.verdict, row.week) == ("short", "short", "2026-W48")
    assert row.gap is not None
    assert row.gap.required.down_mbps == 2012.4
    assert row.shortfall_mbps == pytest.approx(1918.3, abs=0.1)
    assert row.shortfall_down_mbps == pytest.approx(1918.3, abs=0.1)
    assert (row.people, row.people_short) == (468, 447)
    assert row.utilisation == pytest.approx(71.0 / 94.1)
    assert row.coverage == 1.0
    assert row.share_before is not None
    assert row.share_met is not None
    assert row.share_before < row.share_met
    assert row.provider == "Lakes Cable"


def test_only_sites_of_which_something_came_are_judged_again(schools: Schools) -> None:
    """A pass over an unchanged fleet judges nobody and writes nothing."""
    keys = [schools.add(f"s{n}", [made.week()]) for n in range(5)]
    judge = schools.judge()
    schools.now += timedelta(seconds=1)
    assert judge.catch_up() == judging.Pass(5, 5)
    schools.now += timedelta(minutes=5)
    assert judge.catch_up() == judging.Pass(5, 0)
    schools.asked.clear()
    schools.hear(keys[3])
    assert judge.catch_up() == judging.Pass(5, 1)
    assert schools.asked == [keys[3]]


def test_what_came_in_the_second_of_the_judgement_is_not_missed(schools: Schools) -> None:
    """Times have no fractions in the database."""
    key = schools.add("s", [made.week(down=50.0)])
    judge = schools.judge()
    judge.catch_up()
    schools.weeks[key] = [made.week(down=9000.0)]
    schools.hear(key)
    judge.catch_up()
    with reading(schools.source) as connection:
        assert totals(connection, ALL).meets == 1


def test_silence_needs_no_upload_and_ends_with_one(schools: Schools) -> None:
    """The last verdict stays beside it."""
    key = schools.add("oak", [made.week()])
    schools.add("birch", heard=False)
    judge = schools.judge()
    schools.now += timedelta(seconds=1)
    judge.catch_up()
    with reading(schools.source) as connection:
        assert (totals(connection, ALL).short, totals(connection, ALL).silent) == (1, 1)
    schools.now += timedelta(hours=4)
    assert judge.catch_up() == judging.Pass(2, 0)
    with reading(schools.source) as connection:
        row = one(connection, ALL, "oak")
        assert row is not None
        assert (row.state, row.verdict) == ("silent", "short")
    schools.hear(key)
    judge.catch_up()
    with reading(schools.source) as connection:
        assert totals(connection, ALL).short == 1


def test_every_site_is_judged_anew_by_another_rule_and_once_a_day(schools: Schools) -> None:
    """What was judged by other settings says nothing of these."""
    for n in range(3):
        schools.add(f"s{n}", [made.week(tests=4)])
    schools.judge().catch_up()
    with reading(schools.source) as connection:
        assert totals(connection, ALL).unknown == 3
    schools.now += timedelta(minutes=1)
    assert schools.judge(EvidenceRule(min_tests=3)).catch_up() == judging.Pass(3, 3)
    with reading(schools.source) as connection:
        assert totals(connection, ALL).short == 3
    schools.now += timedelta(days=1, minutes=1)
    done = schools.judge(EvidenceRule(min_tests=3)).catch_up()
    assert done == judging.Pass(3, 3)


def test_facts_that_changed_otherwise_are_marked_stale(schools: Schools) -> None:
    """As an import of districts does."""
    key = schools.add("s", [made.week()])
    judge = schools.judge()
    judge.catch_up()
    schools.now += timedelta(minutes=1)
    with writing(schools.source) as connection:
        district = add_place(connection, "district", "0100005", "Lakes District")
        put_site(connection, key, district)
    assert judge.catch_up() == judging.Pass(1, 1)
    with reading(schools.source) as connection:
        row = one(connection, ALL, "s")
    assert row is not None
    assert (row.district, row.district_id) == ("Lakes District", "0100005")


def test_a_site_that_changes_while_it_is_judged_is_judged_once_more(
    schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass has read the old district, the change is written, then the pass writes."""
    key = schools.add("s", [made.week()])
    schools.now += timedelta(seconds=1)
    judge = schools.judge()
    ask = schools.recent

    def moved_meanwhile(*asked: Any) -> list[Summary]:
        monkeypatch.undo()
        with writing(schools.source) as connection:
            put_site(connection, key, add_place(connection, "district", "0100005", "Lakes District"))
        return ask(*asked)

    monkeypatch.setattr(schools, "recent", moved_meanwhile)
    assert judge.catch_up() == judging.Pass(1, 1)
    assert judge.catch_up() == judging.Pass(1, 1)
    assert judge.catch_up() == judging.Pass(1, 0)
    with reading(schools.source) as connection:
        row = one(connection, ALL, "s")
    assert row is not None
    assert row.district == "Lakes District"


def test_one_process_judges_at_a_time(schools: Schools) -> None:
    """Who comes second goes away; who was killed is succeeded once its lease has run out."""
    schools.add("s", [made.week()])
    with writing(schools.source) as connection:
        assert lease.take(connection, "judge", "another", schools.now)
    assert schools.judge().catch_up() is None
    schools.now += lease.LASTS + timedelta(seconds=2)
    assert schools.judge().catch_up() == judging.Pass(1, 1)


def test_two_that_begin_at_once_judge_everything_once(schools: Schools) -> None:
    """Whatever their threads do."""
    for n in range(30):
        schools.add(f"s{n}", [made.week()])
    judges = [schools.judge() for _ in range(4)]
    threads = [threading.Thread(target=judge.catch_up) for judge in judges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    schools.judge().catch_up()
    with reading(schools.source) as connection:
        assert totals(connection, ALL).sites == 30
        assert connection.execute(select(standing_leases.c.until)).scalar() == 0


def test_a_judge_that_is_told_to_end_ends_between_two_batches(
    schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it judged until then is kept, and the next goes on from there."""
    monkeypatch.setattr(judging, "BATCH", 2)
    for n in range(6):
        schools.add(f"s{n}", [made.week()])
    judge = schools.judge()
    first = schools.recent

    def stopping(*asked: object) -> object:
        if len(schools.asked) == 3:
            judge._ended.set()
        return first(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(schools, "recent", stopping)
    assert judge.catch_up() is None
    with reading(schools.source) as connection:
        assert len(connection.execute(select(standings.c.site)).all()) == 4
    schools.now += timedelta(minutes=1)
    assert schools.judge().catch_up() == judging.Pass(6, 6), "the first whole pass was never ended"


def test_a_background_judge_outlives_a_failure(schools: Schools, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in the log, and tried again."""
    schools.add("s", [made.week()])
    judge, done, failed = schools.judge(), threading.Event(), threading.Event()
    catch_up = judge.catch_up

    def once(**_: object) -> object:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("made up")
        found = catch_up()
        done.set()
        return found

    monkeypatch.setattr(judge, "catch_up", once)
    monkeypatch.setattr(judging, "EVERY_S", 0.01)
    judge.start()
    assert done.wait(60)
    judge.stop()


def _tree(schools: Schools) -> tuple[int, int, int]:
    with writing(schools.source) as connection:
        state = add_place(connection, "state", "MN", "Minnesota")
        lakes = add_place(connection, "district", "2700001", "Lakes", state)
        woods = add_place(connection, "district", "2700002", "Woods", state)
    schools.add("a", [made.week(down=50.0)], place=lakes)
    schools.add("b", [made.week(down=9000.0)], place=lakes)
    schools.add("c", [made.week(down=10.0)], place=woods)
    schools.add("d", [made.week(down=20.0)])
    return state, lakes, woods


def test_places_add_up_to_their_state_and_to_all(schools: Schools) -> None:
    """A site of no district counts among all, and nowhere else."""
    state, _, _ = _tree(schools)
    schools.judge().catch_up()
    with reading(schools.source) as connection:
        everything, of_state = trend(connection, None, 9)[0], trend(connection, state, 9)[0]
        by_name = {place.name: place.totals for place in place_totals(connection, ALL)}
        worst = [place.name for place in place_totals(connection, ALL, limit=5)]
        found = totals(connection, ALL)
    assert (everything.week, everything.totals.short, everything.totals.meets) == ("2026-W48", 3, 1)
    assert (of_state.totals.short, of_state.totals.meets) == (2, 1)
    assert by_name["Lakes"].shortfall_mbps + by_name["Woods"].shortfall_mbps == pytest.approx(
        of_state.totals.shortfall_mbps
    )
    assert everything.totals.shortfall_mbps == pytest.approx(found.shortfall_mbps)
    assert worst == ["Woods", "Lakes"]


def test_a_viewer_sees_the_own_part_of_the_tree_alone(schools: Schools) -> None:
    """By district, by state, and nothing of what stands nowhere."""
    state, lakes, _ = _tree(schools)
    schools.judge().catch_up()
    with reading(schools.source) as connection:
        in_lakes, in_state, nowhere = Scope(frozenset({lakes})), Scope(frozenset({state})), Scope(frozenset())
        assert [row.id for row in part(connection, in_lakes, Asked()).rows] == ["a", "b"]
        assert totals(connection, in_state).sites == 3
        assert one(connection, in_lakes, "c") is None
        assert [place.name for place in place_totals(connection, in_lakes)] == ["Lakes"]
        assert scoped_trend(connection, in_lakes, 9)[0].totals.sites == 2
        assert part(connection, nowhere, Asked()).rows == ()
        assert part(connection, in_lakes, Asked(district="2700002")).rows == ()


def test_a_school_that_moves_is_its_new_districts_at_once(schools: Schools) -> None:
    """Before anybody judges it again: who may see it is no figure that may be of yesterday."""
    key = schools.add("s", [made.week()])
    with writing(schools.source) as connection:
        ours, theirs = (add_place(connection, "district", f"270000{n}", f"District {n}") for n in (1, 2))
        put_site(connection, key, ours)
    schools.judge().catch_up()
    with writing(schools.source) as connection:
        put_site(connection, key, theirs)
    with reading(schools.source) as connection:
        assert one(connection, Scope(frozenset({ours})), "s") is None
        assert one(connection, Scope(frozenset({theirs})), "s") is not None


def test_past_weeks_are_told_from_what_came_of_them(schools: Schools) -> None:
    """A week of which nothing came is one of silence, before the enrolment it is none."""
    last = made.week(made.NOW - timedelta(days=7), down=9000.0)
    schools.add("a", [made.week(down=50.0), last])
    judge: Judge = schools.judge()
    judge.catch_up()
    judge.look_back(12)
    with reading(schools.source) as connection:
        found = {one.week: one.totals for one in trend(connection, None, 30)}
    assert (found["2026-W48"].short, found["2026-W47"].meets, found["2026-W46"].silent) == (1, 1, 1)
    assert sum(week.sites for week in found.values()) == 10


def test_the_weeks_of_some_places_are_added_up_oldest_first(schools: Schools) -> None:
    with writing(schools.source) as connection:
        lakes, hills = (add_place(connection, "district", name, name) for name in ("lakes", "hills"))
    for name, place in (("a", lakes), ("b", lakes), ("c", hills), ("d", None)):
        last = made.week(made.NOW - timedelta(days=7), down=60.0)
        schools.add(name, [made.week(down=50.0), last], place=place)
    judge = schools.judge()
    judge.catch_up()
    judge.look_back(3)
    with reading(schools.source) as connection:
        both = scoped_trend(connection, Scope(frozenset({lakes, hills})), 2)
        alone = trend(connection, lakes, 2)
    assert [week.week for week in both] == ["2026-W47", "2026-W48"]
    assert [week.totals.short for week in both] == [3, 3]
    assert [week.totals.short for week in alone] == [2, 2]
    assert both[1].totals.shortfall_mbps == pytest.approx(alone[1].totals.shortfall_mbps * 1.5)
    assert both[1].totals.people_short == alone[1].totals.people_short * 3 // 2


@pytest.mark.parametrize(
    ("opens", "closes", "day", "what"),
    [
        (date(2027, 1, 13), date(2027, 3, 26), date(2027, 1, 13), "window opens"),
        (date(2027, 1, 13), None, date(2027, 1, 13), "window opens"),
        (date(2026, 11, 27), date(2027, 3, 26), date(2027, 3, 26), "window closes"),
        (None, date(2027, 3, 26), date(2027, 3, 26), "window closes"),
        (date(2026, 1, 14), date(2026, 3, 27), date(2027, 7, 1), "funding year begins"),
        (date(2026, 1, 14), None, date(2027, 7, 1), "funding year begins"),
        (None, None, date(2027, 7, 1), "funding year begins"),
    ],
)
def test_contracts_are_held_against_the_next_window(
    opens: date | None, closes: date | None, day: date, what: str
) -> None:
    """The one that settings name, while it is to come or open; a past one says nothing of the next."""
    found = contracts.deadline(ErateWindowSettings(opens, closes), date(2026, 11, 27))
    assert (found.day, found.what) == (day, what)


def test_contracts_that_end_before_a_day(schools: Schools) -> None:
    """A circuit is one whoever shares it; a site's own counts where it has no circuit."""
    day = made.NOW.date()
    with writing(schools.source) as connection:
        lakes = add_place(connection, "district", "1", "Lakes")
        priced = {"place": lakes, "price_per_month": 900.0, "contracted_down_mbps": 300.0, "currency": "USD"}
        ends = {"soon": 30, "over": -1, "later": 999}
        connection.execute(
            insert(circuits),
            [{"id": name, "ends_on": day + timedelta(days=days), **priced} for name, days in ends.items()],
        )
    schools.add("own", [made.week()], contract=Contract(ends_on=day + timedelta(days=3), provider="P"))
    schools.judge().catch_up()
    until = contracts.next_funding_year(day)
    with reading(schools.source) as connection:
        found = contracts.ending(connection, ALL, until, day)
        assert contracts.count_ending(connection, ALL, until, day) == 2
        assert contracts.ending(connection, Scope(frozenset()), until, day) == []
    assert [one.circuit or one.site_id for one in found] == ["own", "soon"]
    assert found[1].per_mbps == 3.0
