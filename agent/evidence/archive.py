"""The files of contract evidence, and one ZIP of them.

The same store and days give the same bytes (with the same zlib): nothing tells when it was made or where, the
entries are in order and have the format's first date. ``SHA256SUMS`` is what ``sha256sum -c`` reads.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from agent import __version__
from reports.chain import Break, Entry
from reports.contract_evidence import ContractEvidence
from reports.evidence_pages import evidence_page, evidence_text, method_text
from reports.evidence_tables import demand_csv, outages_csv, school_days_csv, tests_csv
from reports.whole_file import whole_file
from reports.wire import plain

MANIFEST = "SHA256SUMS"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP can tell."""
FORMAT = 1


def evidence_files(
    evidence: ContractEvidence,
    chain: Sequence[tuple[str, Entry]],
    breaks: Sequence[Break],
    bodies: Sequence[str],
) -> dict[str, bytes]:
    """Every file by its name, the manifest of the others last.

    ``chain`` are all links with their summaries' ids, ``bodies`` the linked summaries of the days.
    """
    here = files("agent.evidence")
    entries = [entry for _, entry in chain]
    texts = {
        "README.txt": (here / "README.txt").read_text(encoding="utf-8"),
        "chain.csv": _chain(chain),
        "check.py": (here / "check.py").read_text(encoding="utf-8"),
        "demand.csv": demand_csv(evidence),
        "evidence.html": evidence_page(evidence, entries, breaks),
        "evidence.txt": evidence_text(evidence, entries, breaks),
        "figures.json": _json(_figures(evidence, entries, breaks)),
        "method.txt": method_text(),
        "outages.csv": outages_csv(evidence),
        "school_days.csv": school_days_csv(evidence),
        "site.json": _json(_site(evidence)),
        "summaries.jsonl": "".join(f"{body}\n" for body in bodies),
        "tests.csv": tests_csv(evidence),
    }
    found = {name: text.encode() for name, text in sorted(texts.items())}
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in found.items())
    return found | {MANIFEST: "".join(lines).encode()}


def write_zip(path: Path, contents: Mapping[str, bytes]) -> str:
    """Puts the whole file there or leaves the old one; returns its SHA-256."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, data)
    with whole_file(path) as draft:
        draft.write_bytes(out.getvalue())
    return hashlib.sha256(out.getvalue()).hexdigest()


def _chain(chain: Sequence[tuple[str, Entry]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("number", "summary", "previous", "sha256"))
    writer.writerows((entry.number, one, entry.previous or "", entry.digest) for one, entry in chain)
    return out.getvalue()


def _figures(
    evidence: ContractEvidence, chain: Sequence[Entry], breaks: Sequence[Break]
) -> dict[str, object]:
    summary = evidence.summary
    return {
        "format": FORMAT,
        "kind": "contract-evidence",
        "first": evidence.first,
        "last": evidence.last,
        "delivered": evidence.delivered,
        "capacity": summary.capacity,
        "usage": summary.usage,
        "usage_school": summary.usage_school,
        "outage_minutes": summary.outage_minutes,
        "school_days": len(evidence.days),
        "holes": evidence.holes,
        "clock_steps": evidence.clock_steps,
        "chain": {
            "links": len(chain),
            "through": chain[-1].number if chain else 0,
            "head": chain[-1].digest if chain else None,
            "breaks": breaks,
        },
    }


def _site(evidence: ContractEvidence) -> dict[str, object]:
    return {
        "format": FORMAT,
        "kind": "site",
        "site": evidence.site,
        "contract": evidence.contract,
        "measuring_since": evidence.measuring_since,
        "agent": __version__,
    }


def _json(facts: Mapping[str, object]) -> str:
    return json.dumps(plain(facts), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
