"""Packets of the example weeks: a publisher who told everything, and what a report may know of what comes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from xml.etree import ElementTree

from reports.costs import BudgetLine, CostToClose
from reports.faults import Fault
from reports.forecast import Crossing
from reports.packet import Ahead, packet_facts
from reports.packet_charts import packet_charts
from reports.packet_documents import Packet, documents
from reports.packet_templates import PacketTemplates
from reports.publisher import PacketSettings
from reports.week import WeeklyReport
from tests.reports.page import Page

PUBLISHER = PacketSettings(
    district="Prairie School District",
    contact_name="Communications office",
    contact_email="office@school.example",
    contact_phone="555 0100",
    website="https://school.example/internet",
)
COST = CostToClose(
    currency="USD",
    now_monthly=840.0,
    now_per_mbps=3.36,
    target_monthly=7500.0,
    target_per_mbps=5.85,
    discount=0.8,
    discount_source="the site's own figure",
    lines=(
        BudgetLine(
            "Internet access at target", "recurring", "direct", 7500.0, 0.8, "1,102 Mbps", "an offer of 2026"
        ),
    ),
    missing=(),
)
AHEAD = Ahead(COST, Crossing("dated", date(2028, 5, 4)), date(2027, 1, 15))
SHIPPED = {
    place.name: place.read_text(encoding="utf-8")
    for place in (files("config") / "packet").iterdir()
    if place.is_file() and place.name != "README.md"
}


def templates(**edited: str) -> PacketTemplates:
    """The shipped ones, and edited ones in place of some: ``email="..."`` stands for email.txt."""
    texts = {f"{name.replace('_', '-')}.txt": text for name, text in edited.items()}
    return PacketTemplates(SHIPPED | texts, {name: f"mine/{name}" for name in texts})


def made(
    report: WeeklyReport,
    publisher: PacketSettings = PUBLISHER,
    ahead: Ahead = AHEAD,
    used: PacketTemplates | None = None,
) -> dict[str, bytes]:
    """The documents by name, without those whose library isn't installed."""
    packet = Packet(
        packet_facts(report, publisher, ahead), packet_charts(report), used or templates(), report.made_at
    )
    return {name: one for name, one in documents(packet) if not isinstance(one, Fault)}


def texts(packet: Mapping[str, bytes]) -> dict[str, str]:
    """What a reader sees of each document: a page without markup, slides and letters without XML."""
    return {name: _text(name, content) for name, content in packet.items()}


def parts(content: bytes) -> dict[str, ElementTree.Element]:
    """The XML of a PPTX or DOCX, by the names of its parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name: ElementTree.fromstring(archive.read(name))
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }


def _text(name: str, content: bytes) -> str:
    if name.endswith(".html"):
        return Page(content.decode()).text
    if name.endswith(".txt"):
        return content.decode()
    shown = re.compile(r"word/document|ppt/(slides|notesSlides|charts)/[a-zA-Z]+\d")
    return "\n".join(
        "\n".join(_lines(root))
        for part, root in parts(content).items()
        if shown.match(part) and "_rels" not in part
    )


def _lines(root: ElementTree.Element) -> list[str]:
    """Paragraphs, the cells of charts' tables, and what pictures are told as."""
    lines = []
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "p":
            lines.append("".join(inner.text or "" for inner in element.iter() if inner.tag.endswith("}t")))
        elif tag == "v":
            lines.append(element.text or "")
        elif told := element.get("descr"):
            lines.append(told)
    return lines
