"""What the documents say is so: README's commands run, files that are named exist, every command is told."""

import re
import shlex
import textwrap
from pathlib import Path

import pytest

from agent.cli import COMMANDS
from agent.config import parse
from agent.setup.questions import from_file
from reports.formats.table import FORMATS
from tests.commands import ROOT, bandgap, environment

README = (ROOT / "README.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
ELSEWHERE = (
    "cd bandgap",
    "make ",
    "sudo apt install ",
    "sudo bandgap setup",
    "pip install ",
    "bandgap run",
    "bandgap collector serve",
)
"""Lines of README that other tests run: the walkthrough, the built wheel, the booted machine, set-up, the daemon, one school."""


def shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("anew", [False, pytest.param(True, marks=pytest.mark.long)])
def test_readme_runs(tmp_path: Path, anew: bool) -> None:
    """Each bandgap line of README does what it says on a machine without settings, in README's order.

    At length, each is a Python of its own from its start. Here no server can be reached, so a check ends with 1 and
    its reason, an upload says what to set, and a doctor finds that no agent runs.
    """
    environ = environment(tmp_path)
    ran = 0
    for line in shell_lines(README):
        if line.startswith(ELSEWHERE):
            continue
        command, _, target = line.partition(" > ")
        words = shlex.split(command)
        assert words[0] == "bandgap", f"who runs this line? {line}"
        done = bandgap(environ, *words[1:], anew=anew)
        if target:
            (tmp_path / target).write_text(done.stdout)
        expected = (
            1
            if words[1] in ("check", "doctor") and words[2:] != ["--firewall"]
            else 78
            if words[1:] == ["upload"]
            else 0
        )
        assert done.returncode == expected, f"{line}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        ran += 1
    assert ran >= 15
    assert (tmp_path / "week.html").exists()


def test_readme_begins_with_what_it_is_a_picture_and_two_commands() -> None:
    """Two sentences, then the report, then the clone and make try."""
    picture = README.index("![")
    opening = README[README.index("\n\n") : picture].strip()
    assert len(re.findall(r"\.(?:\s|$)", opening)) == 2
    assert (ROOT / re.findall(r"\]\((docs/[^)]+\.png)\)", README)[0]).is_file()
    assert shell_lines(README)[1] == "make try"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_readme(command: str) -> None:
    assert f"bandgap {command}" in README


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"text", "html"}))
def test_every_report_format_is_in_readme(form: str) -> None:
    assert f"--format {form}" in README


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_is_named_exists(document: str) -> None:
    """Paths in backticks, and links to files."""
    text = (ROOT / document).read_text()
    named = re.findall(r"`((?:agent|collector|reports|config|tests|systemd|docs)/[^`\s]*)`", text)
    named += [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_of_the_technicians_page_exists() -> None:
    """tests/booted/test_operate.py runs them, on a booted machine."""
    words = [re.findall(r"\bbandgap ([a-z]+)", line) for line in shell_lines(OPERATE)]
    named = {one for found in words for one in found}
    assert named >= {"setup", "status", "doctor", "support"}
    assert named <= set(COMMANDS)


def test_settings_and_answers_of_the_technicians_page_are_right(tmp_path: Path) -> None:
    answers, settings = re.findall(r"```toml\n(.*?)```", OPERATE, re.DOTALL)
    (tmp_path / "site.toml").write_text(answers)
    assert from_file(tmp_path / "site.toml")[1] == "the-one-time-code"
    assert parse(settings, Path("agent.toml"), zone="UTC").missing_for_a_verdict is None


def test_what_cloud_init_writes_are_answers(tmp_path: Path) -> None:
    text = (ROOT / "docs/cloud-init.yaml").read_text()
    answers = text.partition("content: |\n")[2].partition("runcmd:")[0]
    (tmp_path / "site.toml").write_text(textwrap.dedent(answers))
    assert from_file(tmp_path / "site.toml")[1] == "the-one-time-code"
