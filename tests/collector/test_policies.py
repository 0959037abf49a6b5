"""A district publishes a signed policy, and its agents fetch and follow it; others' agents don't."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from collector.cli import main
from collector.database import Database
from collector.engine import engine, reading, writing
from collector.policies.registry import Published, next_serial, policy_for, publish
from collector.policies.signing import new_key, public_of, sign
from collector.tables import sites
from reports.faults import ConfigFault, Fault
from reports.policy import read_policy
from tests.collector.conftest import Running
from tests.commands import bandgap, environment, started, until


def add_site(source: Engine, site_id: str) -> int:
    row = {"id": site_id, "token_sha256": site_id.encode(), "enrolled_at": 0, "facts": "{}", "contract": "{}"}
    with writing(source) as connection:
        return int(connection.execute(insert(sites).values(row).returning(sites.c.key)).scalar_one())


def test_the_newest_policy_that_is_for_a_site_is_the_sites(source: Engine) -> None:
    first, second = add_site(source, "a"), add_site(source, "b")
    with writing(source) as connection:
        publish(connection, Published(5, "for all", b"x"), None)
        publish(connection, Published(6, "for a", b"x"), [first])
        assert [policy_for(connection, one) for one in (first, second)] == [
            Published(6, "for a", b"x"),
            Published(5, "for all", b"x"),
        ]
        publish(connection, Published(7, "for all again", b"x"), None)
    with reading(source) as connection:
        assert policy_for(connection, first) == Published(7, "for all again", b"x")
        assert next_serial(connection, 3) == 8
        assert next_serial(connection, 100) == 100


def test_a_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "policy.key"
    public = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_of(path) == public
    with pytest.raises(Fault, match="can't be made"):
        new_key(path)
    path.chmod(0o644)
    with pytest.raises(ConfigFault, match="others may read the key"):
        sign(path, "x")
    path.chmod(0o600)
    path.write_text("ed25519:AAAA")
    with pytest.raises(ConfigFault, match="no key, expected"):
        sign(path, "x")


def test_a_policy_is_answered_to_the_token_of_its_site_alone(collector: Running, tmp_path: Path) -> None:
    tokens = {name: collector.enrol(name) for name in ("lincoln", "oak")}
    key = tmp_path / "policy.key"
    new_key(key)
    asked = tmp_path / "asked.toml"
    asked.write_text("[schedule]\nbudget_gb = 2\n")
    where = ["--database", str(collector.store._path)]
    assert main(["policy", "publish", str(asked), "--key-file", str(key), "--site", "lincoln", *where]) == 0
    url = f"{collector.url}/v1/policy"
    answers = {
        name: collector.session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
        for name, token in tokens.items()
    }
    assert answers["oak"] == {"serial": None, "document": None, "signature": None}
    found = read_policy(answers["lincoln"]["document"])
    assert (found.policy.sites, found.schedule.budget_gb) == (("lincoln",), 2.0)
    assert collector.get("/v1/policy").status_code == 401


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("[schedule]\nbudget = 2\n", (), "[schedule] budget: unknown key"),
        ("[targets]\nsets = ['nobody-s']\n", (), "nobody-s"),
        ("", ("--site", "ghost"), 'no site "ghost" is enrolled'),
        ("", ("--district", "0100005"), 'no district "0100005" is known'),
    ],
)
def test_a_policy_that_no_agent_could_follow_is_not_published(
    text: str, words: tuple[str, ...], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_key(tmp_path / "policy.key")
    (tmp_path / "asked.toml").write_text(text)
    where = ["--database", str(tmp_path / "c.sqlite"), "--key-file", str(tmp_path / "policy.key")]
    assert main(["policy", "publish", str(tmp_path / "asked.toml"), *words, *where]) != 0
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert main(["policy", "list", "--database", str(tmp_path / "c.sqlite")]) == 0
    assert capsys.readouterr().out == "No policy was published yet.\n"


def test_a_running_agent_fetches_a_policy_and_reads_its_settings_again(
    collector: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its next upload says which one it follows."""
    token = tmp_path / "token"
    token.write_text(collector.enrol("lincoln"))
    token.chmod(0o600)
    key = tmp_path / "policy.key"
    public = new_key(key)
    environ = environment(
        tmp_path,
        f'[site]\nid = "lincoln"\n[measure]\ninterface = "lo"\npoll_every = "0.1s"\n'
        f'[reachability]\nenabled = false\n[policy]\nfollow = true\nkey = "{public}"\n'
        f'[upload]\ncollector = "{collector.url}"\ntoken_file = "{token}"\nevery = "3s"\n',
    )
    asked = tmp_path / "asked.toml"
    asked.write_text('[schedule]\nquiet = ["00:00-00:00"]\n')
    where = ["--database", str(collector.store._path)]
    log = tmp_path / "log"
    with started(environ, "run", log=log):
        until(lambda: "measuring" in log.read_text(), "the agent measures", 60)
        assert main(["policy", "publish", str(asked), "--key-file", str(key), *where]) == 0
        until(lambda: "the settings were read again" in log.read_text(), "the policy is followed", 120)
        until(lambda: "quiet: a quiet window holds" in log.read_text(), "its quiet window holds", 60)
    until(lambda: bandgap(environ, "upload").returncode == 0, "an upload", 60)
    assert "is followed" in bandgap(environ, "config", "check").stdout
    capsys.readouterr()
    source = engine(Database(collector.store._path))
    with reading(source) as connection:
        assert policy_for(connection, 1) is not None
    source.dispose()
    assert main(["policy", "list", *where]) == 0
    assert " all " in capsys.readouterr().out
