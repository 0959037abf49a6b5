"""``bandgap collector serve``: one process, or several on one socket before PostgreSQL.

Several share nothing but the socket, the database and what they count (``collector/tally.py``). Work that is
to be done once is done by whoever holds its lease in the database, as among collectors on several machines:
the watch (``collector/watch/leases.py``) and the judge (``collector/standings/lease.py``). A token that ends
ends in all of them at once, for the transaction that stores an upload asks for its generation
(``collector/admission.py``). Each minds the rates of ``[limits]`` for itself.
"""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Callable
from datetime import datetime

from collector.app import application
from collector.asked import database
from collector.database import Database
from collector.desk import Desk
from collector.pace import Pace
from collector.people.starting import begin
from collector.processes import mind
from collector.serving import address, inherited, listen, only_here, run
from collector.settings import Settings
from collector.store import open_store
from collector.tally import Tally
from collector.watch.commands import watch
from collector.watch.watcher import Watcher
from collector.writer import Writer
from reports import log_entries
from reports.faults import ConfigFault
from reports.shipped import chosen, shipped_targets


def serve(asked: argparse.Namespace, settings: Settings, now: Callable[[], datetime]) -> int:
    """Runs the collector in the foreground until it is told to end."""
    targets = chosen(settings.targets.sets, shipped_targets(settings.targets.folder))
    where = database(asked, settings)
    count = _processes(settings, where)
    tally = Tally(count)
    store = open_store(where, apart=True)
    host = settings.listen.host if asked.host is None else asked.host
    port = settings.listen.port if asked.port is None else asked.port
    listening = inherited(os.environ) or listen(host, port)
    print(f"bandgap collector on {address(listening)}", flush=True)
    exposed = not only_here(listening) or bool(settings.listen.url or settings.listen.proxies)
    begin(Desk(settings, store, Writer(store), targets, now, store.engine, where), exposed)
    store.close()

    def work(number: int) -> None:
        store = open_store(where)
        desk = Desk(settings, store, Writer(store, tally.of(number)), targets, now, store.engine, where)
        watcher = Watcher(watch(store.engine, store, settings, Pace(tally.written).rest), now)
        watcher.start()
        run(application(desk, exposed=exposed), listening, settings.listen.proxies)
        watcher.stop()
        store.close()

    log_entries.begin("bandgap-collector", os.environ, dated=False)
    if count == 1:
        work(0)
    else:
        gc.freeze()  # what Python doesn't look at stays the same memory for all
        mind(count, work, listening.close)
    return 0


def _processes(settings: Settings, where: Database) -> int:
    count = settings.listen.processes
    if count > 1 and where.path is not None:
        raise ConfigFault(
            f"listen.processes: found {count}, expected 1, for {where} is SQLite, which has one writer; "
            "name a PostgreSQL database in store.database"
        )
    return count
