"""Our top-level names are plain words, so nobody else in the environment may own them."""

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("name", ["agent", "collector", "reports"])
def test_no_other_distribution_owns_our_name(name: str) -> None:
    """A package called ``agent`` from elsewhere would be imported instead of ours, or beside it."""
    owners = set(packages_distributions().get(name, []))
    assert owners <= {"bandgap"}
