"""An outline as a presentation (PPTX, by python-pptx): a slide for each heading, with charts to edit.

The first slide is the title's. Titles, points and notes stand in the placeholders that a screen reader reads
in order; a chart is a native one with its table inside, and is told in words. Letters shrink until a text
fits its box, since nobody knows how long a school's name is.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

from reports.outline import Block, slides
from reports.packet_charts import Bar, BarChart
from reports.wording import say, tag

WIDTH_IN, HEIGHT_IN, MARGIN_IN = 13.333, 7.5, 0.75
COVER_PTS, TITLE_PTS = (40, 36, 32, 28, 24, 20), (32, 28, 24, 20)
BODY_PTS = (26, 24, 22, 20, 18, 16, 14, 12, 10)
INK, SOFT, FILL, WANTED = (
    RGBColor.from_string(code)  # type: ignore[no-untyped-call]
    for code in ("16202B", "4A5462", "2B6CB0", "B3400F")
)
EM = 0.52
"""A letter's width as a share of its size, on the safe side for the fonts that presentations have."""
LINE = 1.22
"""A line's height as a share of its letters' size."""
LOGO_IN = (2.6, 1.1)
NUMBER = "[>=1000]#,##0;General"

_Box = tuple[float, float, float, float]


def presentation(
    blocks: Sequence[Block],
    charts: Mapping[str, BarChart | None],
    author: str,
    made_at: datetime,
    logo: bytes | None = None,
    logo_words: str = "",
) -> bytes:
    """The document; ``logo`` is a PNG or a JPEG."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH_IN), Inches(HEIGHT_IN)
    parts = slides(blocks)
    _describe(deck, parts[0], author, made_at)
    for n, part in enumerate(parts):
        slide = deck.slides.add_slide(deck.slide_layouts[0 if n == 0 else 1])
        drawn = [chart for block in part if block.kind == "chart" and (chart := charts[block.text])]
        _fill(slide, part, beside=bool(drawn), first=n == 0)
        for chart in drawn[:1]:
            _draw(slide, chart)
        if n == 0 and logo is not None:
            _place(slide, logo, logo_words)
        if notes := [block.text for block in part if block.kind == "note"]:
            slide.notes_slide.notes_text_frame.text = "\n".join(notes)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _describe(deck: Any, first: Sequence[Block], author: str, made_at: datetime) -> None:
    about = deck.core_properties
    words = [block.text for block in first if block.kind in ("heading", "paragraph")]
    about.title, about.language = ": ".join(words[:2])[:255], tag()
    about.author = about.last_modified_by = author[:255]
    about.created = about.modified = made_at.replace(tzinfo=None)


def _fill(slide: Any, part: Sequence[Block], *, beside: bool, first: bool) -> None:
    title, body = slide.shapes.title, slide.placeholders[1]
    heading = next((block.text for block in part if block.kind == "heading"), "")
    wide = WIDTH_IN - 2 * MARGIN_IN
    title_box = (MARGIN_IN, 2.0, wide, 1.4) if first else (MARGIN_IN, 0.4, wide, 1.4)
    _write(title, [heading], title_box, COVER_PTS if first else TITLE_PTS, INK, MSO_ANCHOR.BOTTOM)
    body_box = (MARGIN_IN, 3.6, wide, 3.0) if first else (MARGIN_IN, 2.1, 4.9 if beside else wide, 4.6)
    texts = [block.text for block in part if block.kind in ("point", "paragraph", "smaller")]
    _write(body, texts, body_box, BODY_PTS, SOFT if first else INK, MSO_ANCHOR.TOP)
    if not texts:
        body._element.getparent().remove(body._element)


def _write(
    shape: Any, texts: Sequence[str], box: _Box, sizes: Sequence[int], ink: RGBColor, anchor: MSO_ANCHOR
) -> None:
    shape.left, shape.top, shape.width, shape.height = (Inches(length) for length in box)
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, anchor
    size = fitting_pt(texts, box[2] - 0.6, box[3] - 0.1, sizes)
    for n, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(size * 0.4)
        run = paragraph.add_run()
        run.text = text
        run.font.size = Pt(size)
        run.font._rPr.set("lang", tag())
        run.font.color.rgb = ink


def fitting_pt(texts: Sequence[str], width_in: float, height_in: float, sizes: Sequence[int]) -> int:
    """The largest of the sizes at which these paragraphs fit a box, else the smallest."""
    for size in sizes:
        letters = max(1, math.floor(width_in * 72 / (size * EM)))
        lines = sum(max(1, math.ceil(_letters(text) * 1.06 / letters)) for text in texts)
        if lines * size * LINE + len(texts) * size * 0.4 <= height_in * 72:
            return size
    return sizes[-1]


def _letters(text: str) -> int:
    """How many letters of usual width are as wide as the text; W, M and full-width signs count twice."""
    return sum(2 if sign in "WM" or east_asian_width(sign) in "WF" else 1 for sign in text)


def _draw(slide: Any, chart: BarChart) -> None:
    bars = chart.bars if chart.upright else chart.bars[::-1]  # lying bars are drawn from below
    data: Any = CategoryChartData(number_format=NUMBER)  # type: ignore[no-untyped-call]
    data.categories = [bar.name for bar in bars]
    data.add_series(chart.title, [bar.value for bar in bars])
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED if chart.upright else XL_CHART_TYPE.BAR_CLUSTERED
    place = [Inches(length) for length in (6.1, 2.0, WIDTH_IN - 6.1 - MARGIN_IN, 4.8)]
    frame = slide.shapes.add_chart(kind, *place, data)
    frame.name = say("Chart")
    frame._element.nvGraphicFramePr.cNvPr.set("descr", chart.told)
    _style(frame.chart, chart.title, bars)


def _style(drawn: Any, title: str, bars: Sequence[Bar]) -> None:
    drawn.has_legend = False
    drawn.has_title = True
    drawn.chart_title.text_frame.text = title
    heading = drawn.chart_title.text_frame.paragraphs[0].runs[0].font
    heading.size, heading.bold, heading.color.rgb = Pt(16), False, SOFT
    drawn.value_axis.visible = False
    drawn.value_axis.has_major_gridlines = False
    drawn.value_axis.minimum_scale = 0
    names = drawn.category_axis
    names.format.line.color.rgb = SOFT
    names.tick_labels.font.size = Pt(14)
    names.tick_labels.font.color.rgb = INK
    plot = drawn.plots[0]
    plot.gap_width, plot.has_data_labels = 55, True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = NUMBER, False
    labels.font.size, labels.font.bold, labels.font.color.rgb = Pt(16), True, INK
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    for n, bar in enumerate(bars):
        fill = plot.series[0].points[n].format.fill
        fill.solid()
        fill.fore_color.rgb = WANTED if bar.wanted else FILL


def _place(slide: Any, logo: bytes, words: str) -> None:
    picture = slide.shapes.add_picture(io.BytesIO(logo), Inches(MARGIN_IN), Inches(0.6))
    shrink = min(Inches(LOGO_IN[0]) / picture.width, Inches(LOGO_IN[1]) / picture.height)
    picture.width, picture.height = int(picture.width * shrink), int(picture.height * shrink)
    picture.name = say("Logo")
    picture._element.nvPicPr.cNvPr.set("descr", words)
