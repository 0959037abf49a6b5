"""`bandgap support` bundles what helps, and no secret: planted everywhere, found nowhere."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from agent import agent_lock, store
from agent.support.redaction import ADDRESS_GONE, GONE, Redaction
from tests.commands import bandgap, environment

TOKEN = "bandgap_Zk3Secret9tokenOfTheSite"
SMTP = 'smtp "pass" wörd/1'
COMMUNITY, PASSPHRASE = "c0mmunity-of-ours", "a pass phrase"
PLANTED = (
    *(TOKEN, "Zk3Secret9", "wörd", "w\\u00f6rd", COMMUNITY, PASSPHRASE, "proxypass", "urlpass", "office@"),
    *("8.8.4.4", "2001:4860:4860::8844", "ABCDE-FGHJK-MNPQR-STVWX", "hunter22"),
)


def config(folder: Path) -> str:
    return f"""# Our password: hunter22, code = "ABCDE-FGHJK-MNPQR-STVWX"
[site]
name = "North School {TOKEN}"
[measure]
engines = ["http"]
server = "https://who:urlpass@speed.example"
more_servers = ["https://8.8.4.4", "https://[2001:4860:4860::8844]"]
[snmp]
address = "192.168.1.1"
interface = 1
credentials = "{folder}/snmp.conf"
[reachability]
enabled = false
[upload]
collector = "http://127.0.0.1:9"
token_file = "{folder}/token"
[email]
to = ["office@school.example"]
sender = "office@school.example"
smtp = "mail.example:587"
user = "office@school.example"
password_file = "{folder}/smtp-password"
"""


def plant(folder: Path) -> dict[str, str]:
    """A gateway with secrets in its files, its environment and its store."""
    files = {
        "token": TOKEN,
        "smtp-password": SMTP,
        "snmp.conf": f'defVersion 2c\ndefCommunity {COMMUNITY}\ndefAuthPassphrase "{PASSPHRASE}"',
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
        (folder / name).chmod(0o600)
    (folder / "state").mkdir()
    connection = store.open_store(folder / "state")
    told = f"{TOKEN} {SMTP} {COMMUNITY} {PASSPHRASE} from 8.8.4.4 by https://a:urlpass@x.example"
    store.note(connection, "upload_fault", told)
    connection.close()
    agent_lock.take(folder / "state").release()
    return environment(folder, config(folder), https_proxy="http://u:proxypass@proxy.example:3128")


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as bundle:
        found = {}
        for member in bundle.getmembers():
            file = bundle.extractfile(member)
            assert file is not None
            found[member.name.removeprefix("bandgap-support/")] = file.read().decode()
    return found


def test_no_planted_secret_is_in_the_bundle(tmp_path: Path) -> None:
    environ = plant(tmp_path)
    path = tmp_path / "out.tar.gz"
    done = bandgap(environ, "support", "--samples", "-o", str(path), seconds=240)
    assert (done.returncode, done.stderr) == (0, "")
    files = unpacked(path)
    assert {"agent.toml", "status.json", "doctor.json", "store.json", "versions.txt"} < set(files)
    assert {"tests.jsonl", "usage.jsonl", "outages.jsonl"} < set(files)
    for name, text in {**files, "what it printed": done.stdout}.items():
        for secret in PLANTED:
            assert secret not in text, f"{secret} in {name}"
    assert json.loads(files["status.json"])["upload_fault"].startswith(GONE)
    assert json.loads(files["doctor.json"])["format"] == 1
    assert "192.168.1.1" in files["agent.toml"], "what is no secret stays"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_manifest_lists_what_is_in_it_and_samples_are_not(tmp_path: Path) -> None:
    environ = plant(tmp_path)
    done = bandgap(environ, "support", seconds=240)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("bandgap-support-*.tar.gz")
    files = unpacked(path)
    listed = files.pop("MANIFEST.txt")
    assert "No samples are in it." in listed
    assert not any(name.endswith(".jsonl") for name in files)
    for name, text in files.items():
        assert f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" in listed
        assert f"{name}: " in done.stdout
    rows = json.loads(files["store.json"])["rows"]
    assert set(rows.values()) <= set(range(100))
    again = bandgap(environ, "support", "-o", str(path))
    assert again.returncode == 2
    assert again.stderr.startswith(f"bandgap: {path}: exists already")


def test_it_works_where_the_settings_and_the_store_do_not(tmp_path: Path) -> None:
    """That is when it is wanted; secrets are found by the files that the text names."""
    environ = plant(tmp_path)
    (tmp_path / "agent.toml").write_text(config(tmp_path) + "\n[nonsense\n")
    (tmp_path / "state" / store.FILE).write_bytes(b"no database" * 999)
    path = tmp_path / "out.tar.gz"
    done = bandgap(environ, "support", "-o", str(path), seconds=240)
    assert (done.returncode, done.stderr) == (0, "")
    files = unpacked(path)
    assert "not valid TOML" in files["settings-fault.txt"]
    assert files["store.json"].startswith("couldn't be had: ")
    assert not any(secret in text for secret in PLANTED for text in files.values())


def test_a_place_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path), "support", "-o", str(tmp_path / "no/out.tar.gz"), seconds=240)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "can't be written" in done.stderr


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://u:p@ss/w@host/x", f"https://{GONE}@host/x"),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {GONE}"),
        ('{"password": "a\\"b"}', f'{{"password": "{GONE}"}}'),
        ("defCommunity  my words", f"defCommunity  {GONE}"),
        ("from 8.8.8.8:443, 10.1.2.3 and 192.0.2.1", f"from {ADDRESS_GONE}:443, 10.1.2.3 and 192.0.2.1"),
        ("::ffff:8.8.8.8 2a00:1450:4001::1 fe80::1", f"{ADDRESS_GONE} {ADDRESS_GONE} fe80::1"),
        (
            "addr:2001:4860:4860::8844: no answer, [2001:4860:4860::8844]:443. x=2001:4860:4860::8844.",
            f"addr:{ADDRESS_GONE}: no answer, [{ADDRESS_GONE}]:443. x={ADDRESS_GONE}.",
        ),
        ("at 2026-11-24T13:44:19+00:00, version 1.2.3", "at 2026-11-24T13:44:19+00:00, version 1.2.3"),
        ("the secret word", "the secret word"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, clean: str) -> None:
    assert Redaction([]).clean(text) == clean


def test_a_known_secret_is_taken_out_however_it_is_quoted() -> None:
    redaction = Redaction(['pä"ss wd', "abc"])
    for form in ('pä"ss wd', json.dumps('pä"ss wd'), "p%C3%A4%22ss%20wd"):
        assert "ss" not in redaction.clean(f"x {form} y")
    assert redaction.clean("abcabc") == "abcabc", "what is too short is a part of other words"
