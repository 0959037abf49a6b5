"""Settings and state are where systemd, the XDG rules or the user say."""

from pathlib import Path

import pytest

from agent import paths
from reports.faults import ConfigFault


def test_the_user_may_name_both(tmp_path: Path) -> None:
    """BANDGAP_CONFIG and BANDGAP_STATE_DIR go before everything."""
    file = tmp_path / "my.toml"
    file.touch()
    environ = {"BANDGAP_CONFIG": str(file), "BANDGAP_STATE_DIR": str(tmp_path), "STATE_DIRECTORY": "/x"}
    assert paths.config_path(environ, root=True) == file
    assert paths.state_dir(environ, root=True) == tmp_path


def test_a_named_file_that_is_not_there_is_a_fault() -> None:
    """Falling back on defaults in silence would measure another school."""
    with pytest.raises(ConfigFault, match=r"/nowhere/a\.toml: no such file \(BANDGAP_CONFIG names it\)"):
        paths.config_path({"BANDGAP_CONFIG": "/nowhere/a.toml"}, root=False)


def test_systemd_hands_over_the_state_folder() -> None:
    """The first of $STATE_DIRECTORY is the store's."""
    assert paths.state_dir({"STATE_DIRECTORY": "/var/lib/bandgap:/x"}, root=False) == Path("/var/lib/bandgap")


def test_root_without_systemd_uses_the_service_folder() -> None:
    assert paths.state_dir({}, root=True) == Path("/var/lib/bandgap")


def test_a_plain_user_has_xdg_folders(tmp_path: Path) -> None:
    """With and without the XDG variables."""
    assert paths.state_dir({"HOME": "/home/ana"}, root=False) == Path("/home/ana/.local/state/bandgap")
    assert paths.state_dir({"XDG_STATE_HOME": "/s"}, root=False) == Path("/s/bandgap")
    own = tmp_path / "bandgap" / "agent.toml"
    own.parent.mkdir()
    own.touch()
    assert paths.config_path({"XDG_CONFIG_HOME": str(tmp_path)}, root=False, site=tmp_path / "none") == own


def test_a_plain_user_without_settings_sees_the_sites(tmp_path: Path) -> None:
    """A technician without sudo reads the site's settings; with neither file there are only defaults."""
    site = tmp_path / "agent.toml"
    assert paths.config_path({"HOME": "/nobody"}, root=False, site=site) is None
    site.touch()
    assert paths.config_path({"HOME": "/nobody"}, root=False, site=site) == site


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    """One line: what, where, what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigFault, match=r"/file/state: Not a directory; use sudo, or name another folder"):
        paths.usable(tmp_path / "file" / "state")


def test_the_machines_zone_is_read_from_its_link(tmp_path: Path) -> None:
    """TZ first, then /etc/localtime, then /etc/timezone, then UTC."""
    assert paths.local_zone({"TZ": ":Asia/Tokyo"}, tmp_path) == "Asia/Tokyo"
    assert paths.local_zone({}, tmp_path) == "UTC"
    (tmp_path / "timezone").write_text("America/Denver\n")
    assert paths.local_zone({}, tmp_path) == "America/Denver"
    zone = tmp_path / "zoneinfo" / "America" / "Chicago"
    zone.parent.mkdir(parents=True)
    zone.touch()
    (tmp_path / "localtime").symlink_to(zone)
    assert paths.local_zone({}, tmp_path) == "America/Chicago"
