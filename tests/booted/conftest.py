"""Which tests share a machine, for `make booted`: each machine is one worker's, and several live beside each other.

Most of a machine's life is waiting, for a minute to pass or a service to come back. Tests of one file on one Debian
are one life and keep their order.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.booted import packages
from tests.booted.machine import DEBIANS

HERE = Path(__file__).parent


def pytest_configure() -> None:
    packages.in_common()


@pytest.hookimpl(tryfirst=True)  # before xdist looks for its groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{_debian(item)}"))


def _debian(item: pytest.Item) -> str:
    """The one that the test's machine is made of, where there is a choice."""
    chosen = getattr(item, "callspec", None)
    named = chosen.params.values() if chosen else ()
    return next((str(one) for one in named if one in DEBIANS), "its")
