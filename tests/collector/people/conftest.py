"""A district with people in it, for one test or for a module of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.people.district import District, district


@pytest.fixture
def lakes(tmp_path: Path) -> Iterator[District]:
    with district(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """One for tests that leave nothing behind."""
    with district(tmp_path_factory.mktemp("district")) as found:
        yield found
