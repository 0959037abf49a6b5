"""A district's report as one self-contained page, in the style of the school's, and the same on paper.

As in ``reports/formats/as_html.py``: no script, no request to anywhere, every text escaped.
"""

from __future__ import annotations

from functools import partial

from reports.district import DistrictReport
from reports.district_charts import circuit_plots, described, school_plots
from reports.district_methods import PRIVACY
from reports.district_page import district_page
from reports.formats.as_pdf import on_paper
from reports.formats.html_templates import PAGES
from reports.wording import say


def html_page(report: DistrictReport) -> str:
    """The page; the same report always gives the same bytes."""
    circuits_desc, schools_desc = described(report)
    return PAGES.get_template("district.html").render(
        page=district_page(report),
        circuit_plots=circuit_plots(report),
        school_plots=school_plots(report),
        circuits_desc=circuits_desc,
        schools_desc=schools_desc,
        privacy=say(PRIVACY),
    )


def pdf(size: str, report: DistrictReport) -> bytes:
    """The page on paper of a size that CSS knows. Raises Fault where WeasyPrint isn't installed."""
    return on_paper(html_page(report), size)


pdf_a4 = partial(pdf, "A4")
pdf_letter = partial(pdf, "letter")
