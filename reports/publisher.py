"""Who publishes a communication packet: the district, whom to ask, its website and its logo.

A site tells these for its own documents. They stand in no report and no upload.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reports.settings import setting
from reports.sites import printable_name

NAME = "a name of up to 200 printable characters"
LOGO_ENDINGS = (".png", ".jpg", ".jpeg", ".svg")


def _website(raw: object) -> str:
    """Short, for it stands in posts of 280 characters."""
    if not isinstance(raw, str) or len(raw) > 60 or not re.fullmatch(r"https?://[!-~]+", raw):
        raise ValueError(raw)
    if re.search(r"""[<>"'`{}\\]""", raw):
        raise ValueError(raw)
    return raw


def _email(raw: object) -> str:
    if not isinstance(raw, str) or len(raw) > 200 or not re.fullmatch(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+", raw):
        raise ValueError(raw)
    return printable_name(raw)


def _logo(raw: object) -> str:
    if not isinstance(raw, str) or not raw.lower().endswith(LOGO_ENDINGS):
        raise ValueError(raw)
    return raw


@dataclass(frozen=True, slots=True)
class PacketSettings:
    """What a packet says of its publisher; what isn't told is left out of its documents."""

    district: str | None = setting(None, parse=printable_name, expect=NAME)
    contact_name: str | None = setting(None, parse=printable_name, expect=NAME)
    contact_email: str | None = setting(
        None, parse=_email, expect='an e-mail address as in "a@school.example"'
    )
    contact_phone: str | None = setting(None, parse=printable_name, expect="a number as people write it")
    website: str | None = setting(
        None, parse=_website, expect="an http:// or https:// address of up to 60 characters"
    )
    logo: str | None = setting(None, parse=_logo, expect="the path of a .png, .jpg or .svg file")
