"""The lines of the audit log as a person reads them: what the code wrote there, in the language in force.

Lines are kept in English, as they were written. Names, settings and what isn't known here stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import replace

from collector.people.audit import Line
from reports.wording import later, say

HOW = {
    "session": later("session"),
    "API token": later("API token"),
    "single sign-on": later("single sign-on"),
    "site token": later("site token"),
    "enrolment code": later("enrolment code"),
    "command line": later("command line"),
}

WHAT = {
    "person added": later("person added"),
    "person removed": later("person removed"),
    "role changed": later("role changed"),
    "password changed": later("password changed"),
    "API token added": later("API token added"),
    "API token removed": later("API token removed"),
    "site enrolled": later("site enrolled"),
    "site token renewed": later("site token renewed"),
    "site token revoked": later("site token revoked"),
    "enrolment codes issued": later("enrolment codes issued"),
    "settings changed": later("settings changed"),
}

DETAIL = {
    "viewer": later("viewer"),
    "district admin": later("district admin"),
    "state admin": later("state admin"),
    "everywhere": later("everywhere"),
}

FORMS = (
    (r"the old one holds for (?P<hours>[\d.]+) h", later("the old one holds for {hours} h")),
    (r"they end (?P<when>[\d: -]+) UTC", later("they end {when} UTC")),
)

PROGRAMS = (
    (r"site (?P<name>.+)", later("site {name}")),
    (r"provider (?P<name>.+)", later("provider {name}")),
    (r"user (?P<name>\d+)", later("user {name}")),
    (r"(?P<count>[\d,]+) sites", later("{count} sites")),
    ("collector", later("collector")),
)
"""Who did something that is no person, and what it was about that has no name."""


def in_words(line: Line) -> Line:
    """The line for a page."""
    return replace(
        line,
        who=line.who if line.how == "session" else _formed(line.who, PROGRAMS),
        how=_known(line.how, HOW),
        what=_known(line.what, WHAT),
        about=_formed(line.about, PROGRAMS) if line.what == "enrolment codes issued" else line.about,
        detail=line.detail and _detail(line.detail),
    )


def _detail(text: str) -> str:
    return ", ".join(_known(part, DETAIL) for part in _formed(text, FORMS).split(", "))


def _formed(text: str, forms: tuple[tuple[str, str], ...]) -> str:
    for form, message in forms:
        if found := re.fullmatch(form, text):
            return say(message, **found.groupdict())
    return text


def _known(text: str, words: dict[str, str]) -> str:
    return say(words[text]) if text in words else text
