"""Before anybody was added: open on this machine, shut elsewhere unless told otherwise; afterwards shut for good."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from collector.database import Database
from collector.engine import engine, writing
from collector.people import register
from collector.people.starting import flat
from collector.settings import load
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import migrated, running
from tests.collector.people.district import OPERATOR, kept_password, made_settings
from tests.commands import bandgap, environment, started, until

PAGES = ("/", "/v1/sites", "/sites/lincoln", "/v1/sites/lincoln")


def answers(url: str) -> set[int]:
    return {requests.get(url + path, timeout=30, allow_redirects=False).status_code for path in PAGES}


def test_without_people_the_pages_are_open_on_this_machine(tmp_path: Path) -> None:
    """As they always were; what administrators do is for administrators all the same."""
    with running(migrated(tmp_path), load(None)) as collector:
        collector.enrol("lincoln")
        assert answers(collector.url) == {200}
        assert requests.get(collector.url + "/people", timeout=30).status_code == 403
        assert "Nobody can sign in yet" in requests.get(collector.url + "/sign-in", timeout=30).text


def test_where_others_reach_them_the_pages_are_shut(tmp_path: Path) -> None:
    """The way out is on the page; uploads are taken."""
    with running(migrated(tmp_path), load(None), exposed=True) as collector:
        token = collector.enrol("lincoln")
        assert answers(collector.url) == {403}
        assert "bandgap collector person add NAME" in requests.get(collector.url, timeout=30).text
        assert collector.post(token, made.body([made.week()], Site(id="lincoln"))).status_code == 200
        assert requests.get(collector.url + "/healthz", timeout=30).status_code == 200


def test_the_operator_may_open_them(tmp_path: Path) -> None:
    settings = made_settings(people={"open": True})
    with running(migrated(tmp_path), settings, exposed=True) as collector:
        collector.enrol("lincoln")
        assert answers(collector.url) == {200}


def test_people_may_be_asked_for_before_there_are_any(tmp_path: Path) -> None:
    with running(migrated(tmp_path), made_settings(people={"enabled": True})) as collector:
        collector.enrol("lincoln")
        assert answers(collector.url) == {303, 401}


@pytest.mark.parametrize("exposed", [False, True])
def test_with_the_first_person_they_shut_and_stay_so(tmp_path: Path, exposed: bool) -> None:
    """At once, and when the last person has been removed again too."""
    path = tmp_path / "collector.sqlite"
    settings = made_settings(people={"open": True})
    with running(Database(path), settings, exposed=exposed) as collector:
        collector.enrol("lincoln")
        assert answers(collector.url) == {200}
        source = engine(Database(path))
        with writing(source) as connection:
            register.add(connection, OPERATOR, made.NOW, "vera", "viewer", (), kept_password())
        assert answers(collector.url) == {303, 401}
        with writing(source) as connection:
            register.remove(connection, OPERATOR, made.NOW, "vera")
        source.dispose()
        assert answers(collector.url) == {303, 401}


@pytest.mark.parametrize(
    ("host", "words", "line"),
    [
        ("127.0.0.1", "", None),
        ("0.0.0.0", "", "WARNING the pages are shut until somebody can sign in"),
        ("0.0.0.0", "open = true\n", "WARNING the pages are open to whoever reaches this address"),
        ("0.0.0.0", "enabled = true\n", None),
    ],
)
def test_serving_says_in_one_line_how_the_pages_are(
    tmp_path: Path, host: str, words: str, line: str | None
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text(f"[people]\n{words}")
    environ = environment(tmp_path, BANDGAP_COLLECTOR_CONFIG=str(config))
    log = tmp_path / "log"
    with started(environ, "collector", "serve", "--host", host, "--port", "0", log=log):
        until(lambda: "bandgap collector on" in log.read_text(), "the collector listens", 60)
        if line:
            until(lambda: line in log.read_text(), "the warning is there", 60)
        else:
            until(lambda: healthy(url_in(log)), "the collector answers", 60)
            assert "WARNING" not in log.read_text()


def url_in(log: Path) -> str:
    return log.read_text().split("bandgap collector on ")[1].split()[0].replace("0.0.0.0", "127.0.0.1")


def healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=10).ok
    except requests.ConnectionError:
        return False


def test_a_changed_setting_is_in_the_log(tmp_path: Path) -> None:
    """What it was and what it is; the first start has nothing to tell, nor has one that changed nothing."""
    config = tmp_path / "collector.toml"
    environ = environment(tmp_path, BANDGAP_COLLECTOR_CONFIG=str(config))
    for number, most in enumerate((4, 4, 8)):
        config.write_text(f"[limits]\nmax_body_mb = {most}\n")
        log = tmp_path / f"log-{number}"
        with started(environ, "collector", "serve", "--port", "0", log=log):
            until(lambda log=log: "bandgap collector on" in log.read_text(), "the collector listens", 60)  # type: ignore[misc]
            until(lambda log=log: healthy(url_in(log)), "the collector answers", 60)  # type: ignore[misc]
    done = bandgap(environ, "collector", "audit", "--csv")
    (row,) = done.stdout.splitlines()[1:]
    assert row.split(",", 1)[1] == (
        "collector,command line,settings changed,collector.toml,limits.max_body_mb: 4.0 → 8.0"
    )


def test_no_password_of_the_database_is_noted() -> None:
    settings = made_settings(store={"database": "postgresql://me:secret@db/fleet?password=secret"})
    assert flat(settings)["store.database"] == "db/fleet"
