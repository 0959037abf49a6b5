"""Brings the table of standings up to date: only sites of which something came, by one process at a time.

A site is judged again when an upload came since, once a day in any case, and all are when the target set or
the rule of evidence is another. Whoever went silent is marked without being judged. A fleet of up to
``AT_ONCE`` sites is looked through whenever somebody looks at it, a larger one by ``Judge.run`` in the
background.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, update

from collector.engine import reading, writing
from collector.enrolled import Enrolled
from collector.many_rows import put
from collector.pace import at_once
from collector.standings import history
from collector.standings.judged import Judged, Location, judged
from collector.standings.lease import give_back, take
from collector.standings.tables import standing_leases, standings
from collector.tables import places, sites, summaries
from reports.agent_state import AgentState
from reports.evidence import EvidenceRule
from reports.gaps import gap
from reports.periods import Kind
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.targets import TargetSet

log = logging.getLogger("bandgap.collector")

AT_ONCE = 500
"""Sites that are looked through while somebody waits: some milliseconds."""
EVERY_S = 20.0
"""Between two passes in the background. An agent uploads once an hour."""
BATCH = 100
"""Sites in one transaction of some milliseconds; uploads are written between two."""
AT_LEAST = timedelta(days=1)
"""A site is judged at least this often."""
WEEKS_READ = 3
"""The two that may speak for a site, and the one before."""

TOGETHER = timedelta(weeks=5)
"""Weeks that are read for many sites at once: as far as holidays reach."""

_LEASE = "judge"


class Weeks(Protocol):
    """What is asked of the store."""

    def recent(self, key: int, kind: Kind, now: datetime, limit: int) -> list[Summary]: ...


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass over the sites came to."""

    sites: int
    judged: int


class Judge:
    """Judges one collector's sites against the target set that they are ranked by."""

    def __init__(
        self,
        source: Engine,
        store: Weeks,
        target: TargetSet,
        rule: EvidenceRule,
        silent_after_s: float,
        clock: Callable[[], datetime],
        rest: Callable[[], None] = at_once,
    ) -> None:
        self._source = source
        self._store = store
        self._target = target
        self._rule = rule
        self._silent_after_s = silent_after_s
        self._clock = clock
        self._rest = rest
        self._holder = uuid4().hex
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Keeps the table up to date in the background, until ``stop``."""
        self._ended.clear()
        self._thread = threading.Thread(target=self.run, name="judge")
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """A pass now and again. One that fails is told in the log, and the next is tried."""
        while not self._ended.is_set():
            try:
                self.catch_up(rest=self._rest)
            except Exception:
                log.exception("Sites can't be judged; the pages show how they stood before")
            self._ended.wait(EVERY_S)

    def look(self) -> None:
        """Before somebody looks: a small fleet is brought up to date, a large one stays as it is."""
        with reading(self._source) as connection:
            some = select(sites.c.key).limit(AT_ONCE + 1).subquery()  # of a large fleet not all are counted
            (many,) = connection.execute(select(func.count()).select_from(some)).one()
        if many <= AT_ONCE:
            self.catch_up()

    def catch_up(self, *, everything: bool = False, rest: Callable[[], None] = at_once) -> Pass | None:
        """One pass; None while another process is at it, or when this one is told to end.

        ``rest`` is called after every site of a large fleet (``collector/pace.py``).
        """
        with self._turn:
            now = self._clock()
            with reading(self._source) as connection:
                everything = everything or self._other_rule(connection)
                idle = not everything and not self._behind(connection, now)
                (many,) = connection.execute(select(func.count()).select_from(sites)).one()
            if idle:
                return Pass(many, 0)
            with writing(self._source) as connection:
                if not take(connection, _LEASE, self._holder, now):
                    return None
            # Who looks at a small fleet waits for the pass that runs.
            return self._pass(now, many, everything=everything, rest=rest if many > AT_ONCE else at_once)

    def look_back(self, weeks: int) -> None:
        """Tells the weeks before the running one from the summaries that came of them."""
        now = self._clock()
        labels = history.labels_before(now, weeks)
        found: dict[str, dict[int | None, history.Counts]] = {label: {} for label in labels}
        last = 0
        while True:
            with reading(self._source) as connection:
                batch = self._batch(connection, last, None)
            if not batch:
                break
            for known, location in batch:
                came = {week.label: week for week in self._store.recent(known.key, "week", now, weeks + 1)}
                enrolled_in = history.label_of(known.enrolled_at)
                for label in labels:
                    week = came.get(label)
                    if week is not None or enrolled_in <= label:
                        counts = found[label].setdefault(location.place, history.nothing())
                        history.count(
                            counts,
                            gap(self._target, known.site, known.contract, week, self._rule) if week else None,
                        )
            last = batch[-1][0].key
        with writing(self._source) as connection:
            history.write(connection, found)

    def _pass(self, now: datetime, many: int, *, everything: bool, rest: Callable[[], None]) -> Pass | None:
        count, last = 0, 0
        while not self._ended.is_set():
            with reading(self._source) as connection:
                batch = self._batch(connection, last, None if everything else self._changed(now))
                came = newest_weeks(connection, [known.key for known, _ in batch], now)
            if not batch:
                break
            rows = []
            for known, location in batch:
                rows.append(self._judged(known, came.get(known.key, []), location, now))
                rest()
            with writing(self._source) as connection:
                if not take(connection, _LEASE, self._holder, self._clock()):
                    return None
                keep(connection, rows)
            count, last = count + len(rows), batch[-1][0].key
        with writing(self._source) as connection:
            if self._ended.is_set():
                give_back(connection, _LEASE, self._holder)
                return None
            connection.execute(update(standings).where(self._newly_silent(now)).values(state="silent"))
            if many <= AT_ONCE or self._first_of_hour(connection, now):
                history.keep(connection, now)
            connection.execute(
                update(standing_leases)
                .where(standing_leases.c.name == _LEASE)
                .values(rule=self._fingerprint(), done_at=int(now.timestamp()))
            )
            give_back(connection, _LEASE, self._holder)
        return Pass(many, count)

    def _judged(self, known: Enrolled, weeks: list[Summary], location: Location, now: datetime) -> Judged:
        if len(weeks) < WEEKS_READ:  # the others may be older than those that were read together
            weeks = self._store.recent(known.key, "week", now, WEEKS_READ)
        return judged(
            known,
            weeks,
            self._target,
            self._rule,
            now=now,
            silent_after_s=self._silent_after_s,
            location=location,
        )

    def _batch(
        self, connection: Connection, after: int, changed: ColumnElement[bool] | None
    ) -> list[tuple[Enrolled, Location]]:
        found = (
            select(sites, places.c.name.label("district"))
            .select_from(sites.outerjoin(standings).outerjoin(places, sites.c.place == places.c.key))
            .where(sites.c.key > after, *(() if changed is None else (changed,)))
            .order_by(sites.c.key)
            .limit(BATCH)
        )
        return [_known(dict(row._mapping)) for row in connection.execute(found)]

    def _changed(self, now: datetime) -> ColumnElement[bool]:
        """Sites that changed, or of which something came, since they were judged, as far as seconds tell."""
        heard, judged_at = sites.c.heard_at, standings.c.judged_at
        return or_(
            standings.c.site.is_(None),
            and_(heard.is_not(None), or_(standings.c.heard_at.is_(None), heard != standings.c.heard_at)),
            heard >= judged_at,
            sites.c.changes != standings.c.changes,
            judged_at < int((now - AT_LEAST).timestamp()),
        )

    def _newly_silent(self, now: datetime) -> ColumnElement[bool]:
        since = int(now.timestamp() - self._silent_after_s)
        return and_(
            standings.c.state != "silent",
            or_(standings.c.heard_at.is_(None), standings.c.heard_at < since),
        )

    def _behind(self, connection: Connection, now: datetime) -> bool:
        changed = select(sites.c.key).select_from(sites.outerjoin(standings)).where(self._changed(now))
        silent = select(standings.c.site).where(self._newly_silent(now))
        return any(connection.execute(one.limit(1)).first() for one in (changed, silent))

    def _other_rule(self, connection: Connection) -> bool:
        rule = select(standing_leases.c.rule).where(standing_leases.c.name == _LEASE)
        return connection.execute(rule).scalar() != self._fingerprint()

    def _first_of_hour(self, connection: Connection, now: datetime) -> bool:
        done = select(standing_leases.c.done_at).where(standing_leases.c.name == _LEASE)
        last = connection.execute(done).scalar()
        return last is None or last // 3600 != int(now.timestamp()) // 3600

    def _fingerprint(self) -> str:
        """What sites are judged by; the form of what is kept of it is a part."""
        form = ",".join(Judged.__dataclass_fields__)
        said = msgspec.json.encode([form, asdict(self._target), asdict(self._rule), self._silent_after_s])
        return hashlib.sha256(said).hexdigest()


def newest_weeks(connection: Connection, keys: Sequence[int], now: datetime) -> dict[int, list[Summary]]:
    """The newest of these sites' weeks out of the last ``TOGETHER``, newest first, asked for all at once."""
    c = summaries.c
    rows = connection.execute(
        select(c.site, c.body)
        .where(c.site.in_(keys), c.kind == "week", c.kind != "hour")
        .where(c.label > history.label_of(now - TOGETHER), c.starts_at <= int(now.timestamp()))
        .order_by(c.site, c.label.desc())
    )
    found: dict[int, list[Summary]] = {}
    for site, body in rows:
        weeks = found.setdefault(site, [])
        if len(weeks) < WEEKS_READ:
            weeks.append(msgspec.json.decode(body, type=Summary))
    return found


def keep(connection: Connection, rows: Sequence[Judged]) -> None:
    """Puts rows in the place of those of the same sites."""
    put(connection, standings, [_row(row) for row in rows])


def _row(row: Judged) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in Judged.__dataclass_fields__}
    for name in ("heard_at", "judged_at"):
        said[name] = None if said[name] is None else int(said[name].timestamp())
    return said


def _known(row: Mapping[str, Any]) -> tuple[Enrolled, Location]:
    known = Enrolled(
        key=row["key"],
        site=msgspec.json.decode(row["facts"], type=Site),
        contract=msgspec.json.decode(row["contract"], type=Contract),
        enrolled_at=datetime.fromtimestamp(row["enrolled_at"], UTC),
        agent=row["agent"],
        heard_at=None if row["heard_at"] is None else datetime.fromtimestamp(row["heard_at"], UTC),
        agent_state=None
        if row["agent_state"] is None
        else msgspec.json.decode(row["agent_state"], type=AgentState),
    )
    return known, Location(
        row["place"],
        row["district"] or "",
        row["lat"],
        row["lon"],
        row["circuit"] is not None,
        row["changes"],
    )
