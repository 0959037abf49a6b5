"""A token is read only where nobody else can read it."""

from pathlib import Path

import pytest

from agent.token_file import beside_the_service, read_token
from reports.faults import ConfigFault

TOKEN = "bg_0123456789abcdef0123456789abcdef"


def written(path: Path, text: str = TOKEN + "\n", mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_its_owner_reads_it(tmp_path: Path) -> None:
    assert read_token(written(tmp_path / "token"), {}) == TOKEN


def test_systemds_credential_comes_first(tmp_path: Path) -> None:
    """Whatever mode systemd gave it: only the service sees that folder."""
    (tmp_path / "creds").mkdir()
    written(tmp_path / "creds" / "bandgap-token", mode=0o440)
    other = written(tmp_path / "token", "another-token-of-the-site")
    assert read_token(other, {"CREDENTIALS_DIRECTORY": str(tmp_path / "creds")}) == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660])
def test_a_token_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "token", mode=mode)
    with pytest.raises(
        ConfigFault, match=rf"others may read the token \(mode {mode:o}\); run: chmod 600 {path}"
    ):
        read_token(path, {})


def test_no_token_says_where_one_comes_from(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="no token; put there what `bandgap collector enrol` printed"):
        read_token(str(tmp_path / "none"), {})


@pytest.mark.parametrize("text", ["", "short", "two words in it, so no token at all", "line\n" * 9])
def test_what_is_no_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigFault, match="no token, expected the one line"):
        read_token(written(tmp_path / "token", text), {})


def test_root_uses_what_the_running_service_was_handed_where_there_is_no_file(tmp_path: Path) -> None:
    """It lies encrypted on the disk; a file that is there comes first, and "none" stands for no token."""
    handed = tmp_path / "creds"
    handed.mkdir()
    named = str(tmp_path / "token")
    assert beside_the_service(named, {}, handed) == {}
    written(handed / "bandgap-token", "none")
    assert beside_the_service(named, {}, handed) == {}
    written(handed / "bandgap-token")
    assert read_token(named, beside_the_service(named, {}, handed)) == TOKEN
    written(tmp_path / "token", "another-token-of-the-site")
    assert read_token(named, beside_the_service(named, {}, handed)) == "another-token-of-the-site"
