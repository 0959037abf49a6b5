"""The target sets and prices of ``config/`` as installed, and target sets of a folder of one's own.

``config`` is data without Python, found where imports would find it: in a checkout, in a wheel and in a
package alike. (``importlib.resources`` finds it too, and brings three compressions into a test's process.)
"""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from reports.faults import ConfigFault
from reports.settings import nearest
from reports.targets import TargetSet

if TYPE_CHECKING:
    from reports.prices import CircuitPrices, DiscountMatrix


def shipped_targets(folder: str | None = None) -> dict[str, TargetSet]:
    """All target sets by id: the shipped ones, then those of the site's own ``folder``, which win.

    Raises ConfigFault when a file isn't a target set, or the folder isn't there.
    """
    found: dict[str, TargetSet] = {}
    places = sorted(_shipped("targets").iterdir())
    if folder is not None:
        if not Path(folder).is_dir():
            raise ConfigFault(f"targets.folder: {folder}: no such folder")
        places += sorted(Path(folder).iterdir())
    for place in places:
        if place.name.endswith(".toml"):
            try:
                table = tomllib.loads(place.read_text())
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
                raise ConfigFault(f"{place}: not a target set: {fault}") from None
            target = TargetSet.read(table, f"{place.name}:")
            found[target.id] = target
    return found


def shipped_prices() -> tuple[CircuitPrices, DiscountMatrix]:
    """The price benchmark of circuits, and E-rate's discounts."""
    from reports.prices import CircuitPrices, DiscountMatrix, read_prices  # for reports; a test has no price

    costs = _shipped("costs")
    circuits, matrix = (
        tomllib.loads((costs / name).read_text()) for name in ("circuits-2016-17.toml", "e-rate.toml")
    )
    prices = read_prices(CircuitPrices, circuits, "circuits-2016-17.toml:")
    return prices, read_prices(DiscountMatrix, matrix, "e-rate.toml:")


def _shipped(folder: str) -> Path:
    """A folder of ``config``, a namespace that something else on the path may be a part of."""
    places = [Path(place) / folder for place in import_module("config").__path__]
    return next(place for place in places if place.is_dir())


def chosen(ids: tuple[str, ...], known: dict[str, TargetSet]) -> tuple[TargetSet, ...]:
    """The target sets with these ids, in their order. Raises ConfigFault for one that doesn't exist."""
    if not ids:
        raise ConfigFault("targets.sets: an empty list, expected at least one target set")
    for name in ids:
        if name not in known:
            raise ConfigFault(f'targets.sets: no target set "{name}"{nearest(name, known)}')
    return tuple(known[name] for name in ids)
