"""`bandgap packet`: a folder of documents from this gateway's own week, from templates a district may edit."""

import struct
import subprocess
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from agent import store
from agent.history import History
from agent.packet_files import MOST_BYTES, copy_templates, read_logo, read_templates
from reports.faults import ConfigFault, Fault
from reports.packet_documents import DOCUMENTS
from tests.commands import ROOT, bandgap, environment
from tests.reports import example_week
from tests.reports.page import Page

SCHOOL = """
[site]
name = "Bluestem Consolidated School"
students = 412
staff = 46
timezone = "America/Chicago"

[contract]
down_mbps = 250
up_mbps = 50
"""
TEXTS = [name for name in DOCUMENTS if name.endswith((".txt", ".html"))]
GUIDED = ("README.md", "_contact.txt", "email.txt", "newsletter.html", "newsletter.txt", "presentation.txt",
          "press-release.txt", "social-1000.txt", "social-280.txt", "social-500.txt")  # fmt: skip


def measured(tmp_path: Path, config: str = SCHOOL) -> dict[str, str]:
    """An environment whose store has the example's short week."""
    report = example_week.short_of_target()
    (tmp_path / "state").mkdir()
    with closing(store.open_store(tmp_path / "state")) as connection:
        store.write_minutes(connection, report.usage, report.outages, report.probed)
        for test in report.tests:
            History(connection).add_capacity_sample(test)
    return environment(tmp_path, config)


def packet(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """The packet of the example's week, whatever libraries there are."""
    return bandgap(environ, "packet", "--week", "2026-W47", *words)


def png(width: int, height: int) -> bytes:
    """A picture of one colour, by the PNG specification."""
    rows = (b"\0" + b"\x2b\x6c\xb0" * width) * height
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def test_a_week_becomes_a_folder_of_documents(tmp_path: Path) -> None:
    """Named after the week, each file told by its path."""
    for library in ("pptx", "docx"):
        pytest.importorskip(library, reason="the extra packet isn't installed")
    done = packet(measured(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [f"packet-2026-W47/{name}" for name in DOCUMENTS]
    assert sorted(path.name for path in (tmp_path / "packet-2026-W47").iterdir()) == sorted(DOCUMENTS)
    post = (tmp_path / "packet-2026-W47" / "social-280.txt").read_text()
    assert post.startswith("Learning needs room. The Internet line of Bluestem Consolidated School delivers ")


def test_without_a_verdict_it_says_so_and_why(tmp_path: Path) -> None:
    """The reason is for whoever made the packet, and stands in no document."""
    done = bandgap(environment(tmp_path, SCHOOL), "packet", "--week", "2026-W47", "-o", "out")
    assert "2026-W47: too early, the packet makes no claim. Not enough evidence yet" in done.stderr
    assert "0 of 5 tests" in done.stderr
    for name in TEXTS:
        assert "too early" in (tmp_path / "out" / name).read_text()
        assert "evidence yet" not in (tmp_path / "out" / name).read_text()


def test_the_default_is_the_last_week_that_is_over(tmp_path: Path) -> None:
    """Nobody publishes half a week by accident."""
    done = bandgap(environment(tmp_path, SCHOOL), "packet", "-o", "out")
    assert "too early" in done.stderr
    assert ", so far" not in (tmp_path / "out" / "newsletter.html").read_text()


def test_the_publisher_and_the_logo_are_on_the_page(tmp_path: Path) -> None:
    """The picture itself, so that the page asks nobody for it."""
    (tmp_path / "logo.png").write_bytes(png(30, 10))
    settings = f"""
[packet]
district = "Prairie <School> District"
contact_email = "office@school.example"
website = "https://school.example/internet"
logo = "{tmp_path / "logo.png"}"
"""
    packet(measured(tmp_path, SCHOOL + settings), "-o", "out")
    page = Page((tmp_path / "out" / "newsletter.html").read_text())
    (logo,) = page.all("img")
    assert logo["src"].startswith("data:image/png;base64,iVBOR")
    assert logo["alt"] == "Logo of Prairie <School> District"
    assert "office@school.example" in page.text
    assert "https://school.example/internet" in (tmp_path / "out" / "social-280.txt").read_text()


def test_an_svg_is_on_the_page_alone(tmp_path: Path) -> None:
    """And the command says so."""
    (tmp_path / "logo.svg").write_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
    done = packet(measured(tmp_path, f'{SCHOOL}[packet]\nlogo = "{tmp_path / "logo.svg"}"\n'), "-o", "out")
    assert "Slides and letters take PNG or JPEG." in done.stderr
    assert "data:image/svg+xml;base64," in (tmp_path / "out" / "newsletter.html").read_text()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "can't be read: No such file or directory"),
        (b"GIF89a", "isn't image/png, which its name says"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * MOST_BYTES, "2,000,008 bytes, expected at most 2,000,000"),
    ],
)
def test_a_logo_that_is_none_is_one_line(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigFault) as raised:
        read_logo(str(path))
    assert str(raised.value) == f"[packet] logo: {path}: {fault}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('logo = "logo.gif"', "the path of a .png, .jpg or .svg file"),
        ('website = "javascript:alert(1)"', "an http:// or https:// address of up to 60 characters"),
        (
            'website = "https://x.example/\\"onclick=\\"x"',
            "an http:// or https:// address of up to 60 characters",
        ),
        ('contact_email = "nobody"', 'an e-mail address as in "a@school.example"'),
        ('district = "two\\nlines"', "a name of up to 200 printable characters"),
    ],
)
def test_settings_are_read_strictly(tmp_path: Path, line: str, expected: str) -> None:
    done = packet(environment(tmp_path, f"[packet]\n{line}\n"))
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f", expected {expected}\n")


def test_templates_are_copied_edited_and_used(tmp_path: Path) -> None:
    """One edited file takes the place of the shipped one; the others may be away."""
    environ = measured(tmp_path)
    done = bandgap(environ, "packet", "--copy-templates", "mine")
    assert done.stdout.split() == [f"mine/{name}" for name in GUIDED]
    for name in GUIDED:
        if name != "social-280.txt":
            (tmp_path / "mine" / name).unlink()
    (tmp_path / "mine" / "social-280.txt").write_text(
        "Go {{ school_short }}! {{ people_served }} of {{ people }}.\n"
    )
    packet(environ, "--templates", "mine", "-o", "out")
    assert (
        tmp_path / "out" / "social-280.txt"
    ).read_text() == "Go Bluestem Consolidated School! 42 of 458.\n"
    assert (tmp_path / "out" / "email.txt").exists()


def test_a_copy_overwrites_nothing(tmp_path: Path) -> None:
    copy_templates(tmp_path)
    (tmp_path / "email.txt").write_text("mine")
    with pytest.raises(Fault, match=r"README\.md: is there already; name another folder, or move it away$"):
        copy_templates(tmp_path)
    assert (tmp_path / "email.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("email.txt", b"a\n{{ shool }}", "mine/email.txt:2: 'shool' is undefined"),
        ("newsletter.html", b"{% if %}", "mine/newsletter.html:1: Expected an expression, got 'end of statement block'"),
        ("presentation.txt", b"# A\n[chart pie]", "mine/presentation.txt:2: [chart pie]: no such chart, known are: capacity, people, days"),
        ("newletter.txt", b"a", 'mine/newletter.txt: no document has this name, did you mean "newsletter.txt"?'),
        ("email.txt", b"\xff\xfe", "mine/email.txt: is not UTF-8 text"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_template_is_one_line_and_leaves_the_old_packet(
    tmp_path: Path, name: str, content: bytes, line: str
) -> None:
    """File and line; nothing of the new packet is written."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_bytes(content)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "newsletter.html").write_text("last week's")
    done = packet(environment(tmp_path, SCHOOL), "--templates", "mine", "-o", "out")
    assert (done.returncode, done.stdout, done.stderr) == (78, "", f"bandgap: {line}\n")
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["last week's"]


def test_a_folder_of_templates_that_is_not_there_says_how_to_make_it() -> None:
    with pytest.raises(
        ConfigFault, match=r"^nowhere: no such folder; make it with: bandgap packet --copy-templates nowhere$"
    ):
        read_templates("nowhere")


def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = packet(environment(tmp_path, SCHOOL), "-o", "out")
    assert done.returncode == 1
    assert done.stderr == "bandgap: out: can't be written: File exists\n"


def test_without_the_extra_the_texts_are_made_and_the_rest_is_named(tmp_path: Path) -> None:
    """One line for each document, with what to install."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for library in ("pptx", "docx"):
        (hidden / f"{library}.py").write_text("raise ImportError('no such library')")
    environ = measured(tmp_path) | {"PYTHONPATH": f"{hidden}:{ROOT}"}
    done = packet(environ, "-o", "out")
    assert done.returncode == 1
    assert done.stdout.split() == [f"out/{name}" for name in TEXTS]
    assert done.stderr.splitlines() == [
        f"bandgap: {name}: not made: {library} isn't installed; install it with: pip install 'bandgap[packet]'"
        for name, library in (
            ("presentation.pptx", "python-pptx"),
            ("press-release.docx", "python-docx"),
            ("email.docx", "python-docx"),
        )
    ]
