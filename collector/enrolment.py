"""Enrols a site: its facts from a file or from nowhere, and a token that is shown once."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

from collector.settings import read_toml
from collector.store import Store
from collector.tokens import new_token, token_hash
from reports.faults import ConfigFault, Fault
from reports.settings import read_table, read_tables
from reports.sites import Contract, Site


def facts_for(site_id: str, file: Path | None, name: str | None) -> tuple[Site, Contract]:
    """What the ``[site]`` and ``[contract]`` tables of a file say, under this id and name.

    Raises ConfigFault when something in it is wrong, or it speaks of another site.
    """
    read_table(Site, {"id": site_id}, "enrol")
    tables = read_tables({"site": Site, "contract": Contract}, read_toml(file) if file else {}, str(file))
    site, contract = tables["site"], tables["contract"]
    if site.id not in (None, site_id):
        raise ConfigFault(f'{file}: [site] id: found "{site.id}", expected "{site_id}" or none')
    named = {"name": read_table(Site, {"name": name}, "enrol").name} if name is not None else {}
    return dataclasses.replace(site, id=site_id, **named), contract


def enrol(store: Store, site: Site, contract: Contract, now: datetime, *, rotate: bool) -> str:
    """Enrols a site and returns its token; ``rotate`` ends a site's token for a new one, and no more."""
    token = new_token()
    known = store.site(site.id or "")
    if rotate:
        if known is None:
            raise Fault(f'site "{site.id}": not enrolled yet; leave out --rotate')
        store.renew(known.key, token_hash(token))
    elif known is not None or not store.add(site, contract, token_hash(token), now):
        raise Fault(f'site "{site.id}": enrolled already; --rotate makes a new token and ends the old one')
    return token
