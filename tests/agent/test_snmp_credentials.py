"""How the gateway lets us in is in a file that only its owner may read, and no error shows what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.snmp.credentials import folder
from reports.faults import ConfigFault
from tests.agent.snmp_agent import V2C, V3, credentials
from tests.commands import bandgap, environment


@pytest.mark.parametrize("conf", [V2C, V3, "# ours\n  DEFVERSION 2c\ndefcommunity x\n"])
def test_the_folder_of_the_file_is_what_net_snmp_is_told(tmp_path: Path, conf: str) -> None:
    path = credentials(tmp_path, conf)
    assert folder(str(path), {}) == path.parent


@pytest.mark.parametrize(
    ("conf", "mode", "words"),
    [
        (V2C, 0o640, "others may read it (mode 640); run: chmod 600 {path}"),
        (V2C.replace("2c", "1"), 0o600, 'expected a line "defVersion 2c" or "defVersion 3"'),
        ("defCommunity secret\n", 0o600, 'expected a line "defVersion 2c" or "defVersion 3"'),
        ("defVersion 3\n", 0o600, 'expected a line "defCommunity ..." or "defSecurityName ..."'),
    ],
)
def test_a_file_that_will_not_do_is_told_in_one_line(
    tmp_path: Path, conf: str, mode: int, words: str
) -> None:
    path = credentials(tmp_path, conf, mode)
    with pytest.raises(ConfigFault) as caught:
        folder(str(path), {})
    assert str(caught.value) == f"{path}: {words.format(path=path)}"


def test_a_missing_file_is_told_with_the_setting_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"no such file; .*see snmp\.credentials"):
        folder(str(tmp_path / "snmp.conf"), {})


def test_what_systemd_hands_over_comes_first_unless_it_is_the_stand_in(tmp_path: Path) -> None:
    """As the unit has it: SetCredential=snmp.conf:none where there is no file."""
    path = credentials(tmp_path, V2C)
    handed = tmp_path / "handed"
    handed.mkdir()
    environ = {"CREDENTIALS_DIRECTORY": str(handed)}
    (handed / "snmp.conf").write_text("none")
    assert folder(str(path), environ) == path.parent
    (handed / "snmp.conf").write_text(V3)
    assert folder(str(path), environ) == handed


def test_config_check_looks_at_the_file(tmp_path: Path) -> None:
    path = credentials(tmp_path, V2C, 0o644)
    environ = environment(
        tmp_path, f'[snmp]\naddress = "192.0.2.1"\ninterface = "eth0"\ncredentials = "{path}"\n'
    )
    done = bandgap(environ, "config", "check")
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == f"bandgap: {path}: others may read it (mode 644); run: chmod 600 {path}\n"
    path.chmod(0o600)
    assert bandgap(environ, "config", "check").returncode == 0
