"""What a collector says of people when it starts: changed settings, and whether pages are open or shut."""

from __future__ import annotations

import dataclasses
import sys
from importlib.util import find_spec

from collector.desk import Desk
from collector.engine import writing
from collector.people.audit import Actor, note_settings
from collector.people.gate import Gate
from collector.settings import Settings
from reports.faults import ConfigFault


def begin(desk: Desk, exposed: bool) -> None:
    """Notes changed settings in the audit log, and warns of open or shut pages. Raises ConfigFault."""
    if desk.settings.people.providers and not (find_spec("authlib") and find_spec("joserfc")):
        raise ConfigFault(
            "people.providers: signing in there takes Authlib; install it with: pip install 'bandgap[oidc]'"
        )
    with writing(desk.engine) as connection:
        note_settings(connection, Actor("collector", "command line"), desk.clock(), flat(desk.settings))
    if line := warning(Gate(desk, exposed)):
        print(line, file=sys.stderr, flush=True)


def warning(gate: Gate) -> str | None:
    """One line where others reach the collector and nobody has to sign in; None otherwise."""
    if gate.closed() or not gate.exposed:
        return None
    if gate.desk.settings.people.open:
        return "WARNING the pages are open to whoever reaches this address: people.open is set"
    return (
        "WARNING the pages are shut until somebody can sign in (bandgap collector person add NAME), or until "
        "people.open is set; uploads are taken"
    )


def flat(settings: Settings) -> dict[str, str]:
    """Settings as texts by name, as in ``limits.max_body_mb``. Secrets are in files, and not among them."""
    found: dict[str, str] = {}
    for table in dataclasses.fields(settings):
        values = getattr(settings, table.name)
        for field in dataclasses.fields(values):
            found[f"{table.name}.{field.name}"] = str(getattr(values, field.name))
    found["store.database"] = found["store.database"].partition("?")[0].rpartition("@")[2]
    return found
