"""Published policies: each with its signature and whom it is for. The newest that is for a site is the
site's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, or_, select

from collector.fleet_tables import policies, policy_sites


@dataclass(frozen=True, slots=True)
class Published:
    """One policy as it was signed."""

    serial: int
    document: str
    signature: bytes


def next_serial(connection: Connection, at: int) -> int:
    """A serial above all that were given; the time, so that a registry that was lost begins no lower."""
    last = connection.scalar(select(func.max(policies.c.serial)))
    return max(at, (last or 0) + 1)


def publish(connection: Connection, one: Published, keys: Sequence[int] | None) -> None:
    """Keeps a policy for the sites of these keys, or with None for all."""
    connection.execute(
        insert(policies).values(
            serial=one.serial,
            document=one.document,
            signature=one.signature,
            everyone=int(keys is None),
        )
    )
    if keys:
        connection.execute(insert(policy_sites), [{"site": key, "serial": one.serial} for key in keys])


def policy_for(connection: Connection, site: int) -> Published | None:
    """The newest policy that is for a site (by key)."""
    mine = select(policy_sites.c.serial).where(policy_sites.c.site == site)
    row = connection.execute(
        select(policies.c.serial, policies.c.document, policies.c.signature)
        .where(or_(policies.c.everyone == 1, policies.c.serial.in_(mine)))
        .order_by(policies.c.serial.desc())
        .limit(1)
    ).first()
    return Published(*row) if row else None


def all_policies(connection: Connection) -> list[tuple[Published, int | None]]:
    """Every policy, newest first, with how many sites it is for; None is all."""
    by_site = select(policy_sites.c.serial, func.count().label("count")).group_by(policy_sites.c.serial)
    counts = {row.serial: int(row._mapping["count"]) for row in connection.execute(by_site)}
    rows = connection.execute(select(policies).order_by(policies.c.serial.desc()))
    return [
        (
            Published(row.serial, row.document, row.signature),
            None if row.everyone else counts.get(row.serial, 0),
        )
        for row in rows
    ]
