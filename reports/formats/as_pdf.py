"""The report as a PDF for a board's papers: the same page as HTML, laid out by WeasyPrint.

No browser is on a gateway. WeasyPrint lays out our own HTML, and so the PDF says what the page says; it is
tagged, has its language, title and page numbers. The colours are the page's light ones. A drawing inside
HTML is a document of its own to WeasyPrint: it gets the page's styles with all their variables put in.
Nothing is fetched, whatever a name says.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from reports.formats.as_html import html_page
from reports.formats.extra import library
from reports.formats.html_templates import PAGES
from reports.week import WeeklyReport

FOLDED = re.compile(r'<svg class="chart narrow".*?</svg>|<details class="behind">.*?</details>', re.DOTALL)
"""What paper has no use for: charts for telephones, and tables that stand in the technical part again."""
ENDLESS = re.compile(r"(\S{200})\S+")
"""A word longer than this is cut: to break one of ten thousand letters takes WeasyPrint minutes."""
BOARD = re.compile(r'(<div class="board">)(.*?)(</div>)', re.DOTALL)
SECTION = re.compile(r"<section>.*?</section>", re.DOTALL)
PAINT = re.compile(r"\b(?:fill|stroke|opacity)\b")
"""What tells a rule for drawings from others; each drawing reads all the rules that it gets."""


def pdf(size: str, report: WeeklyReport) -> bytes:
    """The report on paper of a size that CSS knows. Raises Fault where WeasyPrint isn't installed."""
    return on_paper(html_page(report), size)


def on_paper(markup: str, size: str) -> bytes:
    """A page of ours as a PDF."""
    weasyprint = library("weasyprint", "pdf")
    page = weasyprint.HTML(string=for_paper(markup, size), url_fetcher=_nothing)
    # The same option by its two names: WeasyPrint 59 renamed it.
    option = "variant" if int(weasyprint.__version__.partition(".")[0]) < 59 else "pdf_variant"
    made: bytes = page.write_pdf(**{option: "pdf/ua-1"})
    return made


pdf_a4 = partial(pdf, "A4")
pdf_letter = partial(pdf, "letter")


def for_paper(markup: str, size: str) -> str:
    """The page as WeasyPrint lays it out best."""
    style = _template("weekly.css")
    light = style[: style.index("}") + 1]
    drawn = _put_in(style, light) + _template("pdf_charts.css")
    markup = markup.replace('stroke="var(--rule)"', "")
    paper = f"{light}\n{_template('pdf.css')}\n@page {{ size: {size}; }}\n"
    markup = BOARD.sub(lambda board: board[1] + _halves(board[2]) + board[3], markup)
    markup = re.sub(r">[^<>]+<", lambda text: ENDLESS.sub(r"\1…", text[0]), FOLDED.sub("", markup))
    markup = markup.replace("</style>", paper + "</style>", 1)
    return re.sub(r"<svg[^>]*>", lambda found: f"{found[0]}<style>{drawn}</style>", markup)


def _halves(board: str) -> str:
    """The board's sections in two columns of about the same length, in their order.

    WeasyPrint can balance columns itself, by laying out the page again and again.
    """
    sections = SECTION.findall(board)
    sizes = [len(re.sub(r"<[^>]+>", "", section)) for section in sections]
    split = min(range(len(sections) + 1), key=lambda n: abs(sum(sizes[:n]) - sum(sizes[n:])))
    return "".join(f"<div>{''.join(half)}</div>" for half in (sections[:split], sections[split:]))


def _put_in(style: str, light: str) -> str:
    """The styles outside of any condition, with the page's light colours in the places of their names."""
    colours = dict(re.findall(r"(--[\w-]+): ([^;]+);", light))
    style = re.sub(r"var\((--[\w-]+)\)", lambda found: colours.get(found[1], found[0]), style)
    style = re.sub(r"@(?:media|page)[^{]*\{(?:[^{}]|\{[^{}]*\})*\}", "", style)
    return "\n".join(rule for rule in re.findall(r"[^{}]+\{[^{}]*\}", style) if PAINT.search(rule))


def _template(name: str) -> str:
    return PAGES.get_template(name).render()


def _nothing(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"{url}: a report fetches nothing")
