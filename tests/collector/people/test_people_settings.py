"""What collector.toml says of people, and what is said of a wrong word in it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from collector.settings import load
from reports.faults import ConfigFault

PROVIDER = """
[[people.providers]]
id = "lakes"
issuer = "https://login.example.org/realms/lakes"
client_id = "bandgap"
district_admin = ["network"]
place = "district:0100005"
"""


def loaded(folder: Path, text: str) -> object:
    path = folder / "collector.toml"
    path.write_text(text)
    return load(path)


def test_providers_are_a_table_each(tmp_path: Path) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(PROVIDER + PROVIDER.replace('"lakes"', '"hills"'))
    one, other = load(path).people.providers
    assert (one.id, other.id) == ("lakes", "hills")
    assert one.issuer == "https://login.example.org/realms/lakes"
    assert one.district_admin == ("network",)
    assert one.scopes == ("openid", "profile", "email")


def test_the_provider_that_the_shipped_file_shows_is_one(tmp_path: Path) -> None:
    """With its marks of comment taken away."""
    text = (files("config") / "collector.toml").read_text()
    shown = text[text.index("# [[people.providers]]") : text.index("[public]")]
    path = tmp_path / "collector.toml"
    path.write_text(re.sub(r"(?m)^# (?=\[\[|\w+ = |# )", "", shown))
    (found,) = load(path).people.providers
    assert found.client_secret_file == "/etc/bandgap/lakes.secret"
    assert (found.place, found.place_claim) == ("district:0100005", "district_id")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[people]\nenable = true\n", '[people] enable: unknown key, did you mean "enabled"?'),
        ('[people]\nidle = "soon"\n', '[people] idle: found "soon", expected an interval as in "2h"'),
        (
            PROVIDER.replace("https", "http"),
            '[people] providers[0] issuer: found "http://login.example.org/realms/lakes", expected an https://',
        ),
        (
            PROVIDER.replace('"lakes"', '"Lakes!"'),
            '[people] providers[0] id: found "Lakes!", expected a short',
        ),
        (PROVIDER.replace("client_id", "client"), "[people] providers[0] client: unknown key"),
        (
            PROVIDER.replace("district:", "town:"),
            '[people] providers[0] place: found "town:0100005", expected',
        ),
        (
            '[listen]\nurl = "http://schools.example"\n',
            '[listen] url: found "http://schools.example", expected',
        ),
        (
            '[listen]\nproxies = ["proxy.example"]\n',
            "[listen] proxies: found ['proxy.example'], expected a list",
        ),
        ('[listen]\nproxies = ["10.0.0.1/8"]\n', "[listen] proxies: found ['10.0.0.1/8'], expected a list"),
    ],
)
def test_a_wrong_word_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    """With the place and what would have been right."""
    with pytest.raises(ConfigFault) as fault:
        loaded(tmp_path, text)
    assert line in str(fault.value)
