"""The shipped settings file, where settings come from, and what is said of a wrong one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from collector.cli import main
from collector.settings import config_path, default_database, load
from reports.faults import ConfigFault
from reports.shipped import chosen, shipped_targets


def test_the_shipped_file_says_the_defaults(tmp_path: Path) -> None:
    """What the file's comments promise is what holds without it."""
    path = tmp_path / "collector.toml"
    path.write_text((files("config") / "collector.toml").read_text())
    assert load(path) == load(None)


def test_the_shipped_file_names_every_key() -> None:
    """A key that isn't in the file is one that nobody finds."""
    text = (files("config") / "collector.toml").read_text()
    settings = load(None)
    for table in settings.__slots__:
        assert f"[{table}]" in text
        for key in getattr(settings, table).__slots__:
            assert f"\n{key} = " in text or f"\n# {key} = " in text, key


def test_the_default_target_sets_exist() -> None:
    """The first is the one that sites are ranked by."""
    sets = chosen(load(None).targets.sets, shipped_targets())
    assert [one.id for one in sets] == ["setda-2-2020-21", "setda-3-2023-24", "fcc-2014-long"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[listen]\nport = 70000\n", "[listen] port: found 70000, expected a whole number from 0 to 65,535"),
        ("[listen]\nprot = 1\n", '[listen] prot: unknown key, did you mean "port"?'),
        (
            '[fleet]\nsilent_after = "soon"\n',
            '[fleet] silent_after: found "soon", expected an interval as in "3h"',
        ),
        ("[measures]\n", '[measures]: unknown table, did you mean "measure"?'),
    ],
)
def test_a_wrong_setting_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    """Exit code 78, and the file, the table and the key are named."""
    path = tmp_path / "collector.toml"
    path.write_text(text)
    assert main(["serve", "--config", str(path)]) == 78
    assert capsys.readouterr().err == f"bandgap: {path}: {line}\n"


def test_a_target_set_that_does_not_exist_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest that does is named."""
    path = tmp_path / "collector.toml"
    path.write_text('[targets]\nsets = ["setda-2-2020"]\n')
    assert main(["serve", "--config", str(path)]) == 78
    assert capsys.readouterr().err == (
        'bandgap: targets.sets: no target set "setda-2-2020", did you mean "setda-2-2020-21"?\n'
    )


def test_settings_are_looked_for_in_order(tmp_path: Path) -> None:
    """The command line, the environment, the site's file, the defaults."""
    site = tmp_path / "collector.toml"
    environ = {"BANDGAP_COLLECTOR_CONFIG": "/from/environment"}
    assert config_path("/from/words", environ, site) == Path("/from/words")
    assert config_path(None, environ, site) == Path("/from/environment")
    assert config_path(None, {}, site) is None
    site.touch()
    assert config_path(None, {}, site) == site


def test_a_named_file_must_be_there() -> None:
    """A typing error doesn't silently give the defaults."""
    with pytest.raises(ConfigFault, match="/nonexistent: can't be read: No such file or directory"):
        load(Path("/nonexistent"))


@pytest.mark.parametrize(
    ("environ", "root", "folder"),
    [
        ({"BANDGAP_STATE_DIR": "/a", "STATE_DIRECTORY": "/b"}, True, "/a"),
        ({"STATE_DIRECTORY": "/b:/c"}, False, "/b"),
        ({}, True, "/var/lib/bandgap-collector"),
        ({"XDG_STATE_HOME": "/x"}, False, "/x/bandgap"),
        ({"HOME": "/home/ada"}, False, "/home/ada/.local/state/bandgap"),
    ],
)
def test_the_database_has_a_default_place(environ: dict[str, str], root: bool, folder: str) -> None:
    """As the agent's store has."""
    assert default_database(environ, root=root) == Path(folder) / "collector.sqlite"


def test_no_target_set_at_all_is_a_fault() -> None:
    """There would be nothing to rank by."""
    with pytest.raises(ConfigFault, match="expected at least one target set"):
        chosen((), shipped_targets())
