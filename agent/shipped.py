"""The commented settings file as installed.

``config`` is a folder of data without Python; ``importlib.resources`` finds it in a checkout, in a
wheel and in a package alike.
"""

from __future__ import annotations

from importlib.resources import files


def commented_settings() -> str:
    """The text of the shipped ``agent.toml``: every key, its default and its reason."""
    return (files("config") / "agent.toml").read_text()
