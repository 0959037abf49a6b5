"""The demo is a whole year of a believable school, the same on every run, and never laid over anything real."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from agent import agent_lock, retention, store
from agent.demo.laying import SETTINGS, lay
from agent.demo.school import MARK, ZONE, Story, settings, story
from agent.history import History
from agent.retention import StoreSettings
from reports.congestion import congestion
from reports.faults import ConfigFault, UsageFault
from reports.forecast import WeekDemand, growth
from reports.formats.table import TEXT
from reports.periods import SLOT_S, SchoolHours, week_named
from reports.summaries import Summary
from reports.wire import summary_from
from tests.agent.kept_history import kept
from tests.commands import bandgap, environment
from tests.golden.laid import SAID, laid_once
from tests.golden.pages import FOLDER, PAGES, SEED, UNTIL, pages
from tests.golden.spanish import spanish

pytestmark = pytest.mark.timeout(600)
"""A year is made in ten seconds of a quiet machine's time."""

TOLD = story(UNTIL)
HOURS = SchoolHours.of(settings(TOLD).site)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Laid by the command, once; nobody here changes it."""
    return laid_once(tmp_path_factory)


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    with closing(store.open_store(folder, read_only=True)) as connection:
        yield History(connection)


def weeks(folder: Path) -> list[Summary]:
    """The summaries of all whole weeks."""
    with closing(store.open_store(folder, read_only=True)) as connection:
        rows = connection.execute("SELECT body FROM summaries WHERE kind = 'week' ORDER BY starts_at")
        return [found for (body,) in rows if (found := summary_from(_json(body))).complete]


def _json(body: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(body)
    return found


@pytest.mark.parametrize("name", [name for name, _, _ in PAGES])
def test_its_reports_are_the_golden_ones(folder: Path, name: str) -> None:
    """`make golden` writes them anew: read what changed before it is committed."""
    assert dict(pages(folder))[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_its_week_in_spanish_is_the_golden_one(folder: Path) -> None:
    """In text, Markdown and the words of the page; Spanish words are longer, and the terminal's lines hold them."""
    made = dict(spanish(folder))
    for name, text in made.items():
        assert text == (FOLDER / "es" / name).read_text(encoding="utf-8"), name
    assert [line for line in made["demo-week.txt"].splitlines() if len(line) > 80] == []


def test_every_report_says_that_it_is_demo_data(folder: Path, tmp_path: Path) -> None:
    environ = environment(tmp_path, BANDGAP_CONFIG=str(folder / SETTINGS), BANDGAP_STATE_DIR=str(folder))
    for form in sorted(set(TEXT) - {"csv-tests"}):
        said = bandgap(environ, "report", "--week", "2026-W47", "--format", form)
        assert MARK in said.stdout, form
        assert said.stderr == ""
    assert "demo data" in bandgap(environ, "status").stdout


def test_it_spans_a_year_and_a_term(history: History) -> None:
    since = history.measuring_since()
    assert since == TOLD.begins_at
    assert timedelta(weeks=60) < UNTIL - since < timedelta(weeks=70)
    last = history.last_minute()
    assert last is not None
    assert last.started_at == UNTIL - MINUTE


def test_minutes_are_there_as_long_as_retention_keeps_them(folder: Path, tmp_path: Path) -> None:
    """And no longer: the first pruning finds nothing to remove."""
    copy = tmp_path / store.FILE
    copy.write_bytes((folder / store.FILE).read_bytes())
    with closing(store.open_store(tmp_path)) as connection:
        first = retention.oldest(connection, "usage_minutes")
        assert first is not None
        assert 35 <= (UNTIL.timestamp() - first) / 86_400 < 36
        assert retention.prune(connection, StoreSettings(), UNTIL) == 0


def test_five_minute_means_are_the_sum_of_their_minutes(folder: Path) -> None:
    with closing(store.open_store(folder, read_only=True)) as connection:
        first = retention.oldest(connection, "usage_minutes")
        by_slot = connection.execute(
            f"""SELECT started_at / {SLOT_S} * {SLOT_S} AS slot, sum(rx_bytes), sum(tx_bytes)
                FROM usage_minutes GROUP BY slot ORDER BY slot"""
        ).fetchall()
        means = connection.execute(
            "SELECT started_at, rx_bytes, tx_bytes FROM usage_five_minutes WHERE started_at >= ?", (first,)
        ).fetchall()
    assert by_slot == means


def test_nothing_is_lacking_but_while_the_agent_was_off(history: History) -> None:
    """A day of 23 hours and one of 25 among them."""
    means = history.five_minute_means(TOLD.begins_at, UNTIL)
    off = TOLD.off.ends_at - TOLD.off.starts_at
    assert len(means) == (UNTIL - TOLD.begins_at - off) / timedelta(seconds=SLOT_S)
    assert not any(TOLD.off.starts_at <= mean.started_at < TOLD.off.ends_at for mean in means)
    assert len(history.probed(TOLD.begins_at, UNTIL)) == 2


def test_its_chain_is_whole_and_holds_every_period(folder: Path, history: History) -> None:
    assert history.chain_breaks() == []
    labels = [one.rsplit(":", 1)[0] for one, _ in history.chain()]
    assert len(labels) == len(set(labels))
    for kind, least in (("hour", 66 * 168), ("day", 66 * 7), ("week", 66)):
        assert sum(label.startswith(kind) for label in labels) >= least - 80
    assert len(weeks(folder)) >= 66


def test_growth_can_be_told_from_the_season(folder: Path) -> None:
    """From the weekly figures, as a forecast does it: about a third a year."""
    found = growth(
        [
            WeekDemand(week.starts_at.astimezone(ZONE).date(), week.usage_school.p95.down_mbps)
            for week in weeks(folder)
            if week.usage_school.expected
        ]
    )
    assert found is not None
    assert found.low < 0.34 < found.high
    assert 0.2 < found.rate < 0.5


def test_summer_is_quiet_and_lunch_too(history: History) -> None:
    def mean(day: date, clock: float) -> float:
        at = week_named("2026-W47", ZONE).starts_at
        at += day - at.astimezone(ZONE).date()
        rates = [one.mean.down_mbps or 0 for one in history.five_minute_means(at, at + timedelta(days=1))]
        around = rates[int(clock * 12) - 3 : int(clock * 12) + 3]
        return sum(around) / len(around)

    tuesdays = [date(2026, 11, 3), date(2026, 11, 10), date(2026, 11, 17)]
    assert sum(mean(day, 12) for day in tuesdays) < 0.8 * sum(mean(day, 10) for day in tuesdays)
    assert mean(date(2026, 7, 14), 10) < 15


def test_one_month_carries_less_in_school_hours(history: History) -> None:
    """And no other does."""
    month = history.capacity_samples(TOLD.congested.starts_at, TOLD.congested.ends_at)
    found = congestion(month, HOURS, "down")
    assert found.verdict == "congested upstream"
    after = history.capacity_samples(TOLD.congested.ends_at, UNTIL)
    assert congestion(after, HOURS, "down").verdict == "steady"


def test_a_port_of_100_mbps_was_used_for_two_days(history: History) -> None:
    tests = history.capacity_samples(TOLD.slow_port.starts_at, TOLD.slow_port.ends_at)
    limited = [test for test in tests if "nic_limited" in test.flags]
    assert len(limited) >= 3
    assert all(test.link_speed_mbps == 100 and (test.down_mbps or 0) < 100 for test in limited)
    assert not any(test.trusted for test in tests)


def test_tests_are_made_four_times_a_day_and_some_come_to_nothing(history: History) -> None:
    tests = history.capacity_samples(TOLD.begins_at, UNTIL)
    assert 3.5 < len(tests) / ((UNTIL - TOLD.begins_at) / timedelta(days=1)) < 4.5
    failed = [test for test in tests if test.outcome != "ok"]
    untrusted = [test for test in tests if test.outcome == "ok" and test.flags]
    assert 5 <= len(failed) <= 60
    assert 10 <= len(untrusted) <= 90
    assert all(test.reason and test.down_mbps is None for test in failed)
    measured = [test for test in tests if test.outcome == "ok"]
    for name in ("jitter_ms", "loss_share", "other_down_mbps", "responsiveness_rpm", "latency_loaded_ms"):
        assert all(getattr(test, name) is not None for test in measured), name
    assert 60 <= sum(test.long for test in measured) <= 70


def test_there_was_an_outage_of_the_provider_and_a_cut_cable(history: History) -> None:
    assert [outage.rung for outage in history.outages(TOLD.begins_at, UNTIL)] == ["link", "internet"]
    week = TOLD.last_week
    assert history.outages(week.starts_at, week.ends_at)
    dark = history.five_minute_means(TOLD.cable_cut.starts_at, TOLD.cable_cut.ends_at)
    assert {mean.link_down_s for mean in dark} == {300.0}
    assert {mean.mean.down_mbps for mean in dark} == {None}


def test_the_command_says_how_to_look_at_it(folder: Path, tmp_path: Path) -> None:
    """Each line that it prints runs."""
    environ = environment(tmp_path)
    (tmp_path / "here").mkdir()
    said = (folder.parent / SAID).read_text()
    shown = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert [line.split()[1] for line in shown[1:]] == ["status", "report", "report"]
    for line in shown[1:]:
        ran = _shell(environ, shown[0], line)
        assert ran.returncode == 0, ran.stderr
    assert MARK in (tmp_path / "here" / "week.html").read_text()


@pytest.mark.long
def test_another_process_lays_the_same(folder: Path, tmp_path: Path) -> None:
    """What the store keeps of itself aside, each row is the same; the golden reports hold it day by day."""
    lay(tmp_path, SEED, UNTIL)
    assert dump(tmp_path) == dump(folder)


def _shell(environ: dict[str, str], exports: str, line: str) -> subprocess.CompletedProcess[str]:
    named = dict(word.split("=", 1) for word in shlex.split(exports)[1:])
    return bandgap({**environ, **named}, *shlex.split(line)[1:])


def dump(folder: Path) -> list[str]:
    """All that the store holds, as SQL, but for its notes."""
    with closing(sqlite3.connect(folder / store.FILE)) as connection:
        return [line for line in connection.iterdump() if '"notes"' not in line]


def test_a_real_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    kept(tmp_path / "real")
    before = (tmp_path / "real" / store.FILE).read_bytes()
    with pytest.raises(UsageFault, match="no demo's store; a demo is never written over it"):
        lay(tmp_path / "real", SEED, UNTIL)
    assert (tmp_path / "real" / store.FILE).read_bytes() == before


def test_a_folder_in_which_an_agent_worked_is_refused(tmp_path: Path) -> None:
    """Also one that began as a demo: what was measured since is real."""
    lock = agent_lock.take(tmp_path)
    lock.begin()
    lock.end()
    lock.release()
    with pytest.raises(UsageFault, match="an agent works here, or did"):
        lay(tmp_path, SEED, UNTIL)


def test_nothing_real_is_kept_with_it(folder: Path, tmp_path: Path) -> None:
    environ = environment(tmp_path, BANDGAP_STATE_DIR=str(folder))
    for command in ("run", "check"):
        refused = bandgap(environ, command)
        assert refused.returncode == 78
        assert "demo data, nothing real is kept with it" in refused.stderr


def test_settings_of_somebody_and_strange_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text('[site]\nname = "Ours"\n')
    with pytest.raises(UsageFault, match="no demo's settings"):
        lay(tmp_path, SEED, UNTIL)
    (tmp_path / store.FILE).write_bytes(b"something else entirely, and no database" * 20)
    with pytest.raises(ConfigFault, match="not a bandgap store"):
        lay(tmp_path, SEED, UNTIL)


def test_what_is_still_to_come_is_no_data(tmp_path: Path) -> None:
    refused = bandgap(environment(tmp_path), "demo", "--until", "2999-01-01")
    assert refused.returncode == 2
    assert refused.stderr == "bandgap: --until: 2999-01-01 is still to come; data ends by now\n"


@pytest.mark.parametrize("month", range(1, 13))
def test_any_day_has_a_story_before_it(month: int) -> None:
    """In summer and at Christmas too: everything happened on school days, inside the data."""
    told: Story = story(UNTIL.replace(year=2027, month=month, day=3))
    hours = SchoolHours.of(settings(told).site)
    for stretch in (told.provider_out, told.cable_cut):
        assert stretch.starts_at in hours
    for stretch in (told.provider_out, told.cable_cut, told.congested, told.slow_port, told.off):
        assert told.begins_at < stretch.starts_at < stretch.ends_at < told.until
    assert (
        told.slow_port.ends_at <= told.congested.starts_at
        or told.slow_port.starts_at >= told.congested.ends_at
    )
