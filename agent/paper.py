"""The language of reports, and the paper that a PDF is laid out for: as settings or locale say.

US Letter is in use in North America, in some countries of Latin America and in the Philippines (Unicode CLDR,
paper size US-Letter); everywhere else, and where the locale names no country, paper is A4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reports.wording import Language

Paper = Literal["auto", "a4", "letter"]

LETTER = ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """How reports are laid out, and in which language."""

    paper: Paper = "auto"
    language: Language = "en"


def paper(wanted: Paper, environ: Mapping[str, str]) -> Literal["a4", "letter"]:
    """A4 or Letter. The first of LC_ALL, LC_PAPER and LANG that is set decides, as everywhere (POSIX)."""
    if wanted != "auto":
        return wanted
    locale = next((environ[name] for name in ("LC_ALL", "LC_PAPER", "LANG") if environ.get(name)), "")
    territory = locale.partition(".")[0].partition("@")[0].partition("_")[2]
    return "letter" if territory in LETTER else "a4"
