"""An outline as a letter or a press release that people open in a word processor (DOCX, by python-docx).

Headings are headings and points are list items, so that a screen reader finds its way; language and title are
set, and the logo is told in words. There is no link, field or macro in it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Cm, Pt

from reports.outline import Block
from reports.wording import tag

STYLES = {"heading": "Heading 1", "smaller": "Heading 2", "point": "List Bullet", "paragraph": "Normal"}
LOGO_CM = 2.0


def letter(
    blocks: Sequence[Block], author: str, made_at: datetime, logo: bytes | None = None, logo_words: str = ""
) -> bytes:
    """The document; ``logo`` is a PNG or a JPEG."""
    document = Document()
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    _describe(document, title, author, made_at)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    if logo is not None:
        _place(document, logo, logo_words)
    for block in blocks:
        if block.kind in STYLES:
            document.add_paragraph(block.text, style=STYLES[block.kind])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _describe(document: DocumentType, title: str, author: str, made_at: datetime) -> None:
    about = document.core_properties
    # The format allows 255 characters (ECMA-376, part 2).
    about.title, about.author, about.language = title[:255], author[:255], tag()
    about.last_modified_by, about.comments = author[:255], ""
    about.created = about.modified = made_at.replace(tzinfo=None)


def _place(document: DocumentType, logo: bytes, words: str) -> None:
    picture = document.add_picture(io.BytesIO(logo), height=Cm(LOGO_CM))
    widest = Cm(8)
    if picture.width > widest:
        picture.height = int(picture.height * widest / picture.width)
        picture.width = widest
    picture._inline.docPr.set("descr", words)
