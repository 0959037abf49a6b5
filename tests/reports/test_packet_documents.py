"""The documents of a packet: what they claim, what is written in them, and who can read them."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import asdict, replace
from xml.etree import ElementTree

import pytest

from reports.faults import ConfigFault
from reports.packet import Ahead, packet_facts
from reports.packet_charts import packet_charts
from reports.packet_documents import DOCUMENTS, Packet, documents
from reports.publisher import PacketSettings
from reports.sentences import rate
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_packet import AHEAD, PUBLISHER, made, parts, templates, texts
from tests.reports.page import Page

SHORT = example_week.short_of_target()
WEEKS = {
    "short": SHORT,
    "meets": example_week.meets_target(),
    "too early": example_week.too_early(),
    "nothing": example_week.nothing_measured(),
}
OFFICE = ("presentation.pptx", "press-release.docx", "email.docx")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
ISOLATES = str.maketrans("", "", "\u2068\u2069")


def numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


@pytest.fixture(name="office")
def _office() -> None:
    """What makes slides and letters."""
    for library in ("pptx", "docx"):
        pytest.importorskip(library, reason="the extra packet isn't installed")


@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("publisher", [PUBLISHER, PacketSettings()], ids=["told", "untold"])
def test_every_number_is_a_fact_or_a_bar(week: str, publisher: PacketSettings) -> None:
    """In every document, its charts' tables and what is told of its pictures."""
    report = WEEKS[week]
    facts = packet_facts(report, publisher, AHEAD)
    allowed = numbers(" ".join(words for words in asdict(facts).values() if words))
    for chart in packet_charts(report).values():
        for bar in chart.bars if chart else ():
            allowed |= numbers(bar.words) | {float(bar.value)}
    found = {name: numbers(text) - allowed for name, text in texts(made(report, publisher)).items()}
    assert {name: unheld for name, unheld in found.items() if unheld} == {}


@pytest.mark.parametrize("week", ["too early", "nothing"])
def test_without_a_verdict_no_document_makes_a_claim(week: str) -> None:
    """It says that it is too early; the only figures are dates."""
    for name, text in texts(made(WEEKS[week], PacketSettings())).items():
        assert "too early" in text, name
        assert "Mbps" not in text, name
        assert "%" not in text, name
        assert "USD" not in text, name


@pytest.mark.parametrize("week", ["short", "meets"])
def test_with_a_verdict_every_document_says_what_was_found(week: str) -> None:
    """Delivered and recommended, with whose recommendation it is."""
    lead = WEEKS[week].gaps[0]
    for name, text in texts(made(WEEKS[week])).items():
        assert rate(lead.delivered_mbps) in text, name
        assert rate(lead.required_mbps) in text, name
        assert lead.target.name in text, name
        assert "None" not in text, name
        assert "not known yet" not in text, name
        assert "too early" not in text, name


def test_a_price_is_told_with_whose_word_it_is() -> None:
    """Beside the price in the same document; a post has no room for both, and tells neither."""
    for name, text in texts(made(SHORT)).items():
        assert ("USD" in text) == ("an offer of 2026" in text) == (not name.startswith("social")), name


def test_nobody_is_blamed() -> None:
    """No provider, and none of the words that a dispute begins with."""
    for name, text in texts(made(SHORT)).items():
        assert not re.search(
            r"Prairie Fiber|provider|fault|fail|blame|slow|contract says", text, re.IGNORECASE
        ), name


def test_learning_comes_first() -> None:
    """Before the first figure stands what the line is for."""
    for name, text in texts(made(SHORT)).items():
        figure = text.index("Mbps")
        assert re.search(r"learn|lesson|students", text[:figure], re.IGNORECASE), name


@pytest.mark.parametrize("name", example_week.HOSTILE.values(), ids=example_week.HOSTILE.keys())
def test_a_name_is_text_whatever_it_looks_like(name: str) -> None:
    """As many tags as with a harmless name, and the name itself letter by letter."""
    name = " ".join(name[:200].split())
    hostile = replace(PUBLISHER, district=name, contact_name=name)
    harmless = replace(PUBLISHER, district="A school", contact_name="A school")
    packet, other = made(example_week.named(name), hostile), made(example_week.named("A school"), harmless)
    page, plain = Page(packet["newsletter.html"].decode()), Page(other["newsletter.html"].decode())
    assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in plain.tags)
    assert (page.unclosed, page.stray) == ([], [])
    for document, text in texts(packet).items():
        if not document.startswith("social"):
            assert name in text.translate(ISOLATES), document
    for document in set(OFFICE) & set(packet):
        assert _tags(packet[document]) == _tags(other[document])


def _tags(content: bytes) -> Counter[str]:
    return Counter(element.tag for root in parts(content).values() for element in root.iter())


@pytest.mark.parametrize("week", WEEKS)
def test_links_go_to_the_website_and_the_source_alone(week: str) -> None:
    """A page asks nobody for anything; slides and letters hold no link, macro or outside part."""
    packet = made(WEEKS[week])
    page = Page(packet["newsletter.html"].decode())
    facts = packet_facts(WEEKS[week], PUBLISHER, AHEAD)
    assert {link["href"] for link in page.all("a")} <= {facts.website, facts.source_url}
    assert not {"script", "link", "iframe", "object", "form", "img"} & {tag for tag, _ in page.tags}
    for document in set(OFFICE) & set(packet):
        for name, root in parts(packet[document]).items():
            if name.endswith(".rels"):
                assert all(link.get("TargetMode") != "External" for link in root), (document, name)
            assert "vba" not in name.lower()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_a_source_that_is_no_web_address_is_no_link(url: str) -> None:
    gap = SHORT.gaps[0]
    report = replace(SHORT, gaps=(replace(gap, target=replace(gap.target, url=url)),))
    page = Page(made(report)["newsletter.html"].decode())
    assert {link["href"] for link in page.all("a")} == {PUBLISHER.website}


def test_a_page_can_be_read_by_everybody() -> None:
    """A language, a title, one first-level heading, a logo with its words."""
    facts = packet_facts(SHORT, PUBLISHER, AHEAD)
    page = Page(templates().html("newsletter.html", facts, "data:image/png;base64,AA=="))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert page.all("img") == [
        {"src": "data:image/png;base64,AA==", "alt": "Logo of Prairie School District"}
    ]


def test_a_post_that_is_too_long_is_one_line() -> None:
    """A template of one's own is held to the length as well."""
    long = templates(social_280="x" * 281)
    with pytest.raises(
        ConfigFault, match=r"^mine/social-280\.txt: 281 characters, expected at most 280; shorten it$"
    ):
        made(SHORT, used=long)


@pytest.mark.usefixtures("office")
def test_all_documents_are_made() -> None:
    assert tuple(made(SHORT)) == DOCUMENTS


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("week", WEEKS)
def test_there_are_five_slides_with_titles_in_reading_order(week: str) -> None:
    """The title is the first that a screen reader reads; each slide's is its own; no placeholder is empty."""
    from pptx import Presentation

    deck = Presentation(io.BytesIO(made(WEEKS[week])["presentation.pptx"]))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides if slide.shapes.title]
    assert len(titles) == len(set(titles)) == 5
    assert all(titles)
    for slide in deck.slides:
        assert next(iter(slide.shapes)) == slide.shapes.title
        assert all(shape.text_frame.text for shape in slide.placeholders if shape.has_text_frame)
        assert slide.has_notes_slide
    assert deck.core_properties.language == "en-US"
    assert deck.core_properties.title.startswith("Internet for learning: ")
    assert deck.core_properties.author == "Prairie School District"


@pytest.mark.usefixtures("office")
def test_charts_are_native_can_be_edited_and_are_told() -> None:
    """Three of them, each with its table inside and its words; values are the report's."""
    from pptx import Presentation

    deck = Presentation(io.BytesIO(made(SHORT)["presentation.pptx"]))
    frames = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    charts = [chart for chart in packet_charts(SHORT).values() if chart]
    assert len(frames) == len(charts) == 3
    told = {chart.told: sorted(bar.value for bar in chart.bars) for chart in charts}
    for frame in frames:
        words = frame._element.nvGraphicFramePr.cNvPr.get("descr")
        assert sorted(frame.chart.plots[0].series[0].values) == told.pop(words)
        assert frame.chart.part.chart_workbook.xlsx_part is not None
    assert told == {}


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "name", ["W" * 200, "学" * 200, "Saint-Something-or-Other " * 8], ids=["W", "CJK", "long"]
)
def test_letters_shrink_until_a_long_name_fits(name: str) -> None:
    """By the width of its letters; a short one stays large."""
    from reports.packet_slides import BODY_PTS, fitting_pt

    assert fitting_pt(["Bluestem Consolidated School"], 11.2, 2.9, BODY_PTS) == BODY_PTS[0]
    assert fitting_pt([name, name, "16 to 22 November 2026"], 11.2, 2.9, BODY_PTS) < BODY_PTS[0]
    assert fitting_pt([name] * 100, 11.2, 2.9, BODY_PTS) == BODY_PTS[-1]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("name", ["press-release.docx", "email.docx"])
def test_a_letter_has_headings_language_and_title(name: str) -> None:
    """Its title is its first heading; its points are a list."""
    from docx import Document

    document = Document(io.BytesIO(made(SHORT)[name]))
    styles = [paragraph.style.name for paragraph in document.paragraphs if paragraph.style]
    assert styles[0] == "Heading 1"
    assert styles.count("Heading 1") == 1
    assert ("List Bullet" in styles) == (name == "email.docx")
    about = document.core_properties
    assert about.title == document.paragraphs[0].text
    assert (about.language, about.author, about.comments) == ("en-US", "Prairie School District", "")
    defaults = ElementTree.tostring(parts(made(SHORT)[name])["word/styles.xml"], encoding="unicode")
    assert 'val="en-US"' in defaults


@pytest.mark.usefixtures("office")
def test_a_logo_is_in_slides_and_letters_with_its_words() -> None:
    """In its own proportions, no larger than its place."""
    from docx import Document
    from PIL import Image
    from pptx import Presentation
    from pptx.util import Inches

    for size in ((600, 200), (80, 900), (3000, 100)):
        picture = io.BytesIO()
        Image.new("RGB", size, (43, 108, 176)).save(picture, "PNG")
        facts = packet_facts(SHORT, PUBLISHER, Ahead())
        packet = Packet(facts, packet_charts(SHORT), templates(), SHORT.made_at, "data:,", picture.getvalue())
        found = {name: one for name, one in documents(packet) if isinstance(one, bytes)}
        slide = Presentation(io.BytesIO(found["presentation.pptx"])).slides[0]
        logo = next(shape for shape in slide.shapes if shape.name == "Logo")
        assert logo.width / logo.height == pytest.approx(size[0] / size[1], rel=0.01)
        assert logo.width <= Inches(2.6)
        assert logo.height <= Inches(1.1)
        inline = Document(io.BytesIO(found["email.docx"])).inline_shapes[0]
        assert inline.width / inline.height == pytest.approx(size[0] / size[1], rel=0.01)
        for name in OFFICE:
            assert "Logo of Prairie School District" in texts(found)[name]


def test_the_same_week_makes_the_same_texts() -> None:
    """Nothing is drawn by lot, and no clock is read."""
    first, second = texts(made(SHORT)), texts(made(SHORT))
    assert first == second


def test_a_report_with_hardly_anything_is_a_packet_too() -> None:
    report: WeeklyReport = replace(example_week.nothing_measured(), gaps=())
    assert "too early" in made(report, PacketSettings(), Ahead())["email.txt"].decode()
