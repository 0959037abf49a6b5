"""The environment of the HTML templates: how they speak, and their filters.

Every text is escaped by Jinja2, and a name the template misspells is an error, not an empty place. What may
be followed is http(s); another address stands as text of no effect.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.fault_place import place_words
from reports.period_words import date_words
from reports.sample_words import column, figure_row, judged
from reports.samples import Rates
from reports.sentences import latency, octets, one_way, people_served, percent, rate, verdict_word
from reports.targets import status_word
from reports.week_words import coverage, duration, moment, short_day
from reports.wording import capital, language, say, say_as, small

DASH = "–"


def _mbps(figure: float | None) -> str:
    return rate(figure).removesuffix(" Mbps")


def _pair(rates: Rates) -> str:
    return f"{_mbps(rates.down_mbps)} / {_mbps(rates.up_mbps)}"


def _minutes(minutes: float | None) -> str:
    return DASH if minutes is None else duration(minutes * 60) if minutes else "0 min"


def _whole(mbps: float | None) -> str:
    """A figure for a narrow cell: whole from ten on; under 0.1 is told as such, never as 0."""
    if mbps is None:
        return ""
    if 0 < mbps < 0.1:
        return "<.1"
    return f"{mbps:,.{1 if mbps < 9.5 else 0}f}".removesuffix(".0")


def count(number: int | None) -> str:
    return DASH if number is None else f"{number:,}"


def sentence(words: str) -> str:
    return f"{capital(words)}."


def _say(message: str, **values: object) -> Markup:
    """A message of a template; what is filled in is escaped, and so is what a translation has of markup."""
    words = _escaped(say(message))
    return words.format(**values) if values else words


def _say_as(context: str, message: str) -> Markup:
    return _escaped(say_as(context, message))


def _escaped(words: str) -> Markup:
    """Apostrophes stay: every attribute of the templates is in double quotes."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;")):
        words = words.replace(sign, entity)
    return Markup(words)  # noqa: S704


def _lines(words: Markup) -> Markup:
    """A head of several lines."""
    return Markup("<br>").join(words.split("\n"))


def _bound(words: str) -> str:
    """Keeps a figure and its unit on one line."""
    return re.sub(r"(?<=\d) (?=(?:Mbps|GB|MB|kB|ms|min|h)\b|%)", "\u00a0", words)


def _px(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")


def _link(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else "#"


def _local_date(at: datetime, zone: ZoneInfo) -> str:
    return date_words(at.astimezone(zone).date())


def _local_day(at: datetime, zone: ZoneInfo) -> str:
    return short_day(at.astimezone(zone).date())


PAGES = Environment(
    loader=PackageLoader("reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
PAGES.globals.update(say=_say, say_as=_say_as, language=language)
PAGES.filters.update(
    rate=rate,
    mbps=_mbps,
    whole=_whole,
    pair=_pair,
    octets=octets,
    percent=percent,
    latency=latency,
    judged=judged,
    figures=figure_row,
    coverage=coverage,
    minutes=_minutes,
    count=count,
    link=_link,
    px=_px,
    sentence=sentence,
    bound=_bound,
    lines=_lines,
    capital=capital,
    small=small,
    one_way=one_way,
    place=place_words,
    verdict=verdict_word,
    served=people_served,
    status=status_word,
    column=column,
    moment=moment,
    short_day=_local_day,
    date=_local_date,
)
