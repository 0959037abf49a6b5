"""The registry of circuits and their contracts: what is known of each, and what a file or a person changes.

A column that says nothing changes nothing. Amounts are a month's, in the contract's own currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from collector.tables import circuits, places
from reports.price_peers import PricedCircuit
from reports.sites import Contract

Became = Literal["new", "changed", "same"]

FIELDS = {
    "provider": "provider",
    "connection": "connection_type",
    "down_mbps": "contracted_down_mbps",
    "up_mbps": "contracted_up_mbps",
    "monthly_cost": "price_per_month",
    "currency": "currency",
    "starts_on": "starts_on",
    "ends_on": "ends_on",
    "notes": "notes",
    "place": "place",
}
"""Columns of a file, as the table calls them."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit; ``district`` is the name of the one that holds the contract."""

    key: int
    id: str
    place: int | None
    district: str | None
    contract: Contract
    starts_on: date | None
    notes: str | None

    def holds(self, day: date) -> bool:
        """Whether its contract holds on a day; an end or beginning that nobody told is none."""
        ends = self.contract.ends_on
        return (self.starts_on is None or self.starts_on <= day) and (ends is None or day <= ends)

    def priced(self) -> PricedCircuit:
        contract = self.contract
        return PricedCircuit(self.id, contract.down_mbps, contract.monthly_cost, contract.currency)


def all_circuits(connection: Connection) -> list[Circuit]:
    """Every circuit, by id."""
    rows = connection.execute(
        select(circuits, places.c.name.label("district"))
        .join(places, circuits.c.place == places.c.key, isouter=True)
        .order_by(circuits.c.id)
    )
    return [_circuit(row._mapping) for row in rows]


def keep_circuit(connection: Connection, circuit_id: str, said: Mapping[str, Any]) -> tuple[int, Became]:
    """Enters what is said of a circuit; returns its key and what became of it."""
    told = {FIELDS[name]: value for name, value in said.items() if value is not None}
    row = connection.execute(select(circuits).where(circuits.c.id == circuit_id).with_for_update()).first()
    if row is None:
        if "price_per_month" in told:
            told.setdefault("currency", Contract().currency)
        added = insert(circuits).values(id=circuit_id, **told).returning(circuits.c.key)
        return int(connection.execute(added).scalar_one()), "new"
    changes = {name: value for name, value in told.items() if row._mapping[name] != value}
    if not changes:
        return int(row.key), "same"
    connection.execute(update(circuits).where(circuits.c.key == row.key).values(changes))
    return int(row.key), "changed"


def _circuit(row: Mapping[Any, Any]) -> Circuit:
    contract = Contract(
        down_mbps=row["contracted_down_mbps"],
        up_mbps=row["contracted_up_mbps"],
        provider=row["provider"],
        connection=row["connection_type"],
        monthly_cost=row["price_per_month"],
        currency=row["currency"] or Contract().currency,
        ends_on=row["ends_on"],
    )
    return Circuit(
        row["key"], row["id"], row["place"], row["district"], contract, row["starts_on"], row["notes"]
    )
