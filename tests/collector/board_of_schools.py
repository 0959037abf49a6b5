"""Sites in a database without a store: rows as the registry has them, and weeks that are handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Engine, insert, update

from collector.engine import writing
from collector.standings.judging import Judge
from collector.tables import sites
from reports.evidence import EvidenceRule
from reports.periods import Kind
from reports.shipped import chosen, shipped_targets
from reports.sites import Contract, Site
from reports.summaries import Summary
from tests.collector import made

TARGET = chosen(("setda-2-2020-21",), shipped_targets())[0]
SILENT_AFTER_S = 10_800.0


class Schools:
    """Sites of one database, their weeks newest first, and the time."""

    def __init__(self, source: Engine) -> None:
        self.source = source
        self.now = made.NOW
        self.weeks: dict[int, list[Summary]] = {}
        self.asked: list[int] = []

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]:
        assert kind == "week"
        self.asked.append(key)
        return [week for week in self.weeks.get(key, []) if week.starts_at <= now][:limit]

    def add(
        self,
        site_id: str,
        weeks: Sequence[Summary] = (),
        *,
        name: str | None = None,
        place: int | None = None,
        heard: bool = True,
        at: tuple[float, float] | None = None,
        contract: Contract = made.CABLE,
    ) -> int:
        """Enrols a school like Lincoln; returns its key."""
        facts = Site(
            id=site_id, name=name or f"School {site_id}", students=430, staff=38, timezone="America/Chicago"
        )
        with writing(self.source) as connection:
            key = connection.execute(
                insert(sites)
                .values(
                    id=site_id,
                    token_sha256=hashlib.sha256(site_id.encode()).digest(),
                    enrolled_at=int((self.now - timedelta(weeks=9)).timestamp()),
                    facts=msgspec.json.encode(facts).decode(),
                    contract=msgspec.json.encode(contract).decode(),
                    place=place,
                    lat=at[0] if at else None,
                    lon=at[1] if at else None,
                )
                .returning(sites.c.key)
            ).scalar_one()
        self.weeks[key] = list(weeks)
        if heard:
            self.hear(key)
        return int(key)

    def hear(self, key: int) -> None:
        """An upload of it arrives now."""
        with writing(self.source) as connection:
            connection.execute(
                update(sites)
                .where(sites.c.key == key)
                .values(heard_at=int(self.now.timestamp()), agent="0.1.0")
            )

    def judge(self, rule: EvidenceRule = EvidenceRule()) -> Judge:  # noqa: B008  # frozen
        return Judge(self.source, self, TARGET, rule, SILENT_AFTER_S, lambda: self.now)
