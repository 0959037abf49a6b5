"""Alerts go out by mail, webhook and Apprise, to real servers on loopback, signed where that was promised."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from collector.cli import main
from collector.engine import writing
from collector.fleet_tables import leases
from collector.settings import Settings, load
from collector.store import open_store
from collector.tables import sites
from collector.watch.channels import Way, signature, ways, webhook_body
from collector.watch.leases import ROUNDS
from collector.watch.outbox import Notice
from reports.faults import ConfigFault, Fault
from reports.sites import Site
from tests.agent.mail_server import Box, mail_server
from tests.collector import made
from tests.commands import bandgap, environment, started, until
from tests.loopback import Answer, Server, serving

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SECRET = "a secret of more than sixteen signs"


def notice(key: int = 1, name: str = "Lincoln Elementary", **more: object) -> Notice:
    site = Site(id="lincoln", name=name)
    made_one = Notice(
        key, 7, "opened", "webhook", 1, "silent", "lincoln", site, AT, None, {"every_s": 3600}, None
    )
    return replace(made_one, **more)  # type: ignore[arg-type]


def configured(folder: Path, text: str) -> Settings:
    path = folder / "collector.toml"
    path.write_text(text)
    return load(path)


def secret(folder: Path) -> Path:
    path = folder / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def hook(folder: Path, url: str) -> Way:
    (way,) = ways(
        configured(folder, f'[alerts]\nwebhook = "{url}"\nwebhook_secret_file = "{secret(folder)}"\n')
    )
    return way


def test_a_webhook_is_signed_over_its_time_and_body(tmp_path: Path) -> None:
    """As a receiver checks it, with Python alone."""
    bodies = []

    def behaviour(n: int, body: object) -> Answer:
        bodies.append(body)
        return Answer(204)

    with serving(behaviour) as server:
        assert hook(tmp_path, server.url).tell([notice()], AT) == {}
    ((_, _, headers, told),) = server.seen
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Bandgap-Signature"])
    assert found is not None
    raw = webhook_body(notice())
    assert json.loads(raw) == told
    expected = hmac.new(SECRET.encode(), f"{found[1]}.".encode() + raw, hashlib.sha256).hexdigest()
    assert (found[2], int(found[1])) == (expected, int(AT.timestamp()))
    assert told["id"] == "7.opened"
    assert told["sentence"].startswith("Lincoln Elementary is silent")


def test_another_time_or_body_has_another_signature() -> None:
    first = signature(SECRET.encode(), b"{}", AT)
    assert signature(SECRET.encode(), b"{} ", AT) != first
    assert signature(SECRET.encode(), b"{}", AT + timedelta(seconds=1)) != first


def test_what_a_webhook_does_not_take_is_named_and_the_rest_is_told(tmp_path: Path) -> None:
    with serving(lambda n, body: Answer(500 if n == 1 else 200)) as server:
        refused = hook(tmp_path, server.url).tell([notice(1), notice(2), notice(3)], AT)
    assert refused == {2: "answered HTTP 500"}
    assert len(server.seen) == 3


def test_a_webhook_that_is_away_or_redirects_has_told_nothing(tmp_path: Path) -> None:
    gone = hook(tmp_path, "http://127.0.0.1:9/")
    assert gone.tell([notice(1), notice(2)], AT) == {1: "can't be reached", 2: "can't be reached"}
    with serving(lambda n, body: Answer(302, headers={"Location": "http://127.0.0.1:9/"})) as server:
        assert hook(tmp_path, server.url).tell([notice(1)], AT) == {1: "answered HTTP 302"}


@pytest.mark.parametrize(
    ("mode", "text", "words"),
    [
        (0o644, SECRET, "others may read the webhook's secret"),
        (0o600, "short", "shorter than 16"),
        (None, "", "can't be read"),
    ],
)
def test_a_secret_that_is_open_or_short_signs_nothing(
    mode: int | None, text: str, words: str, tmp_path: Path
) -> None:
    way = hook(tmp_path, "http://127.0.0.1:9/")
    (tmp_path / "secret").unlink()
    if mode is not None:
        (tmp_path / "secret").write_text(text)
        (tmp_path / "secret").chmod(mode)
    with pytest.raises(ConfigFault, match=words):
        way.tell([notice()], AT)


@pytest.mark.parametrize(
    "url", ["http://example.org/", "ftp://127.0.0.1/", "https://user:pw@example.org/", "x"]
)
def test_a_webhook_goes_over_tls_or_stays_here(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"\[alerts\] webhook: found .* expected an https:// address"):
        configured(tmp_path, f'[alerts]\nwebhook = "{url}"\n')


def mailing(folder: Path, port: int) -> Way:
    (way,) = ways(
        configured(
            folder,
            f'[email]\nto = ["net@example.org"]\nsender = "bandgap@example.org"\nsmtp = "127.0.0.1:{port}"\n'
            'security = "none"\n',
        )
    )
    return way


def test_one_mail_tells_all_that_is_due(tmp_path: Path) -> None:
    box = Box()
    with mail_server(box) as port:
        assert (
            mailing(tmp_path, port).tell([notice(1), notice(2, kind="outage", figures={"minutes": 30})], AT)
            == {}
        )
    (message,) = box.messages
    assert message["Subject"] == "bandgap: 2 alerts"
    assert message["Auto-Submitted"] == "auto-generated"
    lines = message.get_content().splitlines()
    assert [line.split(" ", 2)[2][:9] for line in lines] == ["is silent", "had no In"]


def test_the_same_notices_sent_again_are_the_same_message(tmp_path: Path) -> None:
    box = Box()
    with mail_server(box) as port:
        way = mailing(tmp_path, port)
        way.tell([notice(1)], AT)
        way.tell([notice(1)], AT + timedelta(minutes=9))
        way.tell([notice(2, event="ended")], AT)
    first, again, other = (message["Message-ID"] for message in box.messages)
    assert first == again != other


def test_a_gateways_name_cannot_write_a_header(tmp_path: Path) -> None:
    box = Box()
    with mail_server(box) as port:
        name = "Lincoln\r\nBcc: all@example.org =?utf-8?q?x?="
        mailing(tmp_path, port).tell([notice(name=name)], AT)
    (message,) = box.messages
    assert message["Bcc"] is None
    assert message["Subject"].startswith("bandgap: Lincoln  Bcc:")
    assert len(message.get_content().splitlines()) == 1


def test_a_mail_is_in_the_language_of_the_settings(tmp_path: Path) -> None:
    """And a webhook, which programs read, in English."""
    box = Box()
    with mail_server(box) as port:
        (way,) = ways(
            configured(
                tmp_path,
                '[pages]\nlanguage = "es"\n[email]\nto = ["net@example.org"]\n'
                f'sender = "bandgap@example.org"\nsmtp = "127.0.0.1:{port}"\nsecurity = "none"\n',
            )
        )
        assert way.tell([notice(1)], AT) == {}
    told = box.messages[0]
    assert "sin noticias" in told["Subject"]
    assert "no da noticias: la última fue el" in told.get_content()
    assert "is silent" in json.loads(webhook_body(notice(1)))["sentence"]


def test_a_mail_server_that_refuses_everybody_has_told_nothing(tmp_path: Path) -> None:
    box = Box(answers={"net@example.org": "550 no such user"})
    with mail_server(box) as port, pytest.raises(Fault, match="refuses net@"):
        mailing(tmp_path, port).tell([notice()], AT)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise tries
def test_apprise_tells_whom_it_knows(tmp_path: Path) -> None:
    pytest.importorskip("apprise", reason="apprise isn't installed")
    file = tmp_path / "apprise"
    with serving(lambda n, body: Answer(200)) as server:
        file.write_text(f"# ours\n{server.url.replace('http', 'json')}/\n")
        file.chmod(0o600)
        (way,) = ways(configured(tmp_path, f'[alerts]\napprise_file = "{file}"\n'))
        assert way.tell([notice()], AT) == {}
    ((_, _, _, told),) = server.seen
    assert told["title"] == "bandgap: Lincoln Elementary: silent"
    assert "is silent" in told["message"]
    file.write_text("no address\n")
    with pytest.raises(ConfigFault, match="no address that Apprise knows"):
        way.tell([notice()], AT)
    file.chmod(0o640)
    with pytest.raises(ConfigFault, match="others may read"):
        way.tell([notice()], AT)


def test_the_test_command_tries_each_channel_and_says_how_it_went(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--database", str(tmp_path / "c.sqlite"), "--config", str(tmp_path / "collector.toml")]
    (tmp_path / "collector.toml").write_text("")
    assert main(["alerts", "test", *where]) == 78
    assert "no channel is set" in capsys.readouterr().err
    box = Box()
    with mail_server(box) as port, serving(lambda n, body: Answer(403)) as server:
        (tmp_path / "collector.toml").write_text(
            f'[alerts]\nwebhook = "{server.url}/"\nwebhook_secret_file = "{secret(tmp_path)}"\n[email]\n'
            f'to = ["net@example.org"]\nsender = "b@example.org"\nsmtp = "127.0.0.1:{port}"\nsecurity = "none"\n'
        )
        assert main(["alerts", "test", *where]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "mail to net@example.org: told",
        f"webhook to {server.url}/: answered HTTP 403",
    ]
    assert "Test of alerts" in box.messages[0]["Subject"]


def silent_site(folder: Path) -> dict[str, str]:
    """An environment whose collector has one site that was last heard long ago, and a webhook to be told."""
    environ = environment(folder)
    (folder / "state").mkdir()
    store = open_store(folder / "state" / "collector.sqlite")
    store.add(made.LINCOLN, made.CABLE, b"1" * 32, made.NOW)
    with writing(store.engine) as connection:
        connection.execute(update(sites).values(heard_at=int(made.NOW.timestamp()) - 400 * 86_400))
        # Rounds without a gap up to now, whatever the clock says.
        connection.execute(insert(leases).values(name=ROUNDS, holder="0", until=99_999_999_999))
    store.close()
    return environ


def alerting(folder: Path, server: Server) -> str:
    config = folder / "collector.toml"
    config.write_text(
        f'[alerts]\nwebhook = "{server.url}/"\nwebhook_secret_file = "{secret(folder)}"\n[listen]\nport = 0\n'
    )
    return str(config)


def test_a_timer_tells_once_and_lists_what_it_told(tmp_path: Path) -> None:
    environ = silent_site(tmp_path)
    with serving(lambda n, body: Answer(200)) as server:
        config = alerting(tmp_path, server)
        first = bandgap(environ, "collector", "alerts", "run", "--config", config)
        again = bandgap(environ, "collector", "alerts", "run", "--config", config)
        listed = bandgap(environ, "collector", "alerts", "list", "--config", config)
        living = bandgap(environ, "collector", "liveness", "--config", config)
    assert (first.stdout, again.stdout) == ("1 opened, 0 over, 1 told\n", "0 opened, 0 over, 0 told\n")
    assert len(server.seen) == 1
    assert "Lincoln Elementary" in listed.stdout
    assert "webhook opened told" in listed.stdout
    assert living.stdout.startswith("1 silent, 0 late, 0 on time, 0 never heard\n")


def test_a_server_watches_by_itself_and_ends_when_it_is_told(tmp_path: Path) -> None:
    """A timer beside it finds the job held."""
    environ = silent_site(tmp_path)
    with serving(lambda n, body: Answer(200)) as server:
        config = alerting(tmp_path, server)
        log = tmp_path / "log"
        with started(environ, "collector", "serve", "--config", config, log=log) as process:
            until(lambda: bool(server.seen), "the webhook is told", 120)
            beside = bandgap(environ, "collector", "alerts", "run", "--config", config)
            process.terminate()
            assert process.wait(60) == 0
    assert beside.stdout == "Another process makes the rounds.\n"
    assert len(server.seen) == 1
