"""A PDF is on the paper that the settings name, else on the paper of this machine's country."""

from __future__ import annotations

import pytest

from agent.paper import Paper, paper


@pytest.mark.parametrize(
    ("wanted", "environ", "found"),
    [
        ("a4", {"LANG": "en_US.UTF-8"}, "a4"),
        ("letter", {}, "letter"),
        ("auto", {"LANG": "en_US.UTF-8"}, "letter"),
        ("auto", {"LANG": "es_MX"}, "letter"),
        ("auto", {"LANG": "de_DE@euro"}, "a4"),
        ("auto", {"LANG": "C.UTF-8"}, "a4"),
        ("auto", {}, "a4"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_PAPER": "de_DE.UTF-8"}, "a4"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_PAPER": "de_DE.UTF-8", "LC_ALL": "en_CA"}, "letter"),
        ("auto", {"LC_ALL": "", "LANG": "en_US"}, "letter"),
    ],
)
def test_settings_come_first_then_the_locale(wanted: Paper, environ: dict[str, str], found: str) -> None:
    """A locale without a country says nothing, and A4 is what most of the world has."""
    assert paper(wanted, environ) == found
