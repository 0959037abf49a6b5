"""One-time codes for mass roll-out: each gives one gateway its site's token, once, and before its end.

Codes are for people to type: twenty letters and digits without those that are taken for one another
(Crockford's base 32), 100 random bits, kept as a digest. What decides that a code is used once is one
conditional UPDATE in the transaction that makes the token, so of two who come at once one is refused.
"""

from __future__ import annotations

import csv
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from collector.people import site_tokens
from collector.people.audit import Actor, note
from collector.people.tables import enrolment_codes
from collector.tables import sites
from reports.faults import ConfigFault, Fault
from reports.settings import read_table
from reports.sites import Contract, Site

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 20, 5
MOST_ROWS = 200_000
COLUMNS = ("site", "name")


@dataclass(frozen=True, slots=True)
class Issued:
    """A code for a site, to be handed to whoever sets up its gateway."""

    site: str
    code: str
    ends_at: datetime


def new_code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(signs[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def code_hash(code: str) -> bytes:
    """The digest of a code, however it was typed: small letters, no dashes, O for 0, I or L for 1."""
    plain = code.upper().translate(str.maketrans("OIL", "011", "- \t\r\n"))
    return hashlib.sha256(plain.encode()).digest()


def read_sites(path: Path) -> list[Site]:
    """The sites of a CSV file with the columns ``site`` and, if wanted, ``name``.

    Raises ConfigFault with the line of the first thing that is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, restkey="more")
            named = tuple(rows.fieldnames or ())
            if "site" not in named or set(named) - set(COLUMNS):
                raise ConfigFault(
                    f"{path}: line 1: found the columns {', '.join(map(repr, named)) or 'none'}, expected "
                    '"site" and, if wanted, "name"; `bandgap collector` imports other facts by themselves'
                )
            found: dict[str, Site] = {}
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                if len(found) >= MOST_ROWS:
                    raise ConfigFault(f"{where}: more than {MOST_ROWS:,} sites, split the file")
                if "more" in row:
                    raise ConfigFault(f"{where}: more fields than the first line has names")
                told = {"id": (row["site"] or "").strip()}
                if name := (row.get("name") or "").strip():
                    told["name"] = name
                site = read_table(Site, told, where)
                if site.id in found:
                    raise ConfigFault(f'{where}: site "{site.id}" stands in the file twice')
                found[str(site.id)] = site
    except OSError as fault:
        raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as fault:
        raise ConfigFault(f"{path}: not a CSV file in UTF-8: {fault}") from None
    return list(found.values())


def issue(
    connection: Connection, by: Actor, at: datetime, asked: Sequence[Site], lasts: timedelta
) -> list[Issued]:
    """A code for each site; a site that isn't enrolled yet is, without a token. Its older codes end."""
    ends_at = at + lasts
    known = {row.id: row.key for row in connection.execute(select(sites.c.id, sites.c.key))}
    issued = []
    for site in asked:
        key = known.get(str(site.id)) or _enrolled(connection, site, at)
        connection.execute(
            delete(enrolment_codes).where(enrolment_codes.c.site == key, enrolment_codes.c.used_at.is_(None))
        )
        code = new_code()
        connection.execute(
            insert(enrolment_codes).values(
                code_sha256=code_hash(code), site=key, ends_at=int(ends_at.timestamp())
            )
        )
        issued.append(Issued(str(site.id), code, ends_at))
    note(
        connection,
        by,
        at,
        "enrolment codes issued",
        f"{len(issued):,} sites",
        f"they end {ends_at:%Y-%m-%d %H:%M} UTC",
    )
    return issued


def redeem(connection: Connection, code: str, at: datetime) -> tuple[str, str]:
    """The site of a code and a new token for it. Raises Fault when the code is unknown, used, or has
    ended."""
    digest = code_hash(code)
    used = connection.execute(
        update(enrolment_codes)
        .where(
            enrolment_codes.c.code_sha256 == digest,
            enrolment_codes.c.used_at.is_(None),
            enrolment_codes.c.ends_at > int(at.timestamp()),
        )
        .values(used_at=int(at.timestamp()))
    )
    if used.rowcount != 1:
        raise Fault("the code isn't one of this collector's, was used before, or has ended")
    site = connection.execute(
        select(sites.c.id)
        .join(enrolment_codes, enrolment_codes.c.site == sites.c.key)
        .where(enrolment_codes.c.code_sha256 == digest)
    ).scalar_one()
    return site, site_tokens.renew(connection, Actor(f"site {site}", "enrolment code"), at, site)


def _enrolled(connection: Connection, site: Site, at: datetime) -> int:
    import msgspec

    key = connection.execute(
        insert(sites)
        .values(
            id=site.id,
            token_sha256=secrets.token_bytes(32),
            enrolled_at=int(at.timestamp()),
            facts=msgspec.json.encode(site).decode(),
            contract=msgspec.json.encode(Contract()).decode(),
        )
        .returning(sites.c.key)
    ).scalar_one()
    return int(key)
