"""Templates are a district's to edit: a mistake is one line with file and line, and nothing gets out of them."""

from __future__ import annotations

import pytest

from reports.faults import ConfigFault
from reports.packet import Ahead, packet_facts
from tests.reports import example_week
from tests.reports.example_packet import PUBLISHER, SHIPPED, templates

FACTS = packet_facts(example_week.short_of_target(), PUBLISHER, Ahead())
EARLY = packet_facts(example_week.too_early(), PUBLISHER, Ahead())


def told(text: str) -> str:
    """All that an e-mail with this template says."""
    return " ".join(block.text for block in templates(email=text).outlined("email.txt", FACTS))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n{{ shool }}", "mine/email.txt:2: 'shool' is undefined"),
        ("one\n\n{{ school", "mine/email.txt:3: unexpected end of template, expected 'end of print statement'."),
        ("{% if gap %}\nx", "mine/email.txt:2: Unexpected end of template. Jinja was looking for the following tags: "
         "'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'."),
        ("x\n{{ school|shout }}", "mine/email.txt:2: No filter named 'shout'."),
        ("x\n{{ school.__class__.mro() }}", "mine/email.txt:2: access to attribute '__class__' of 'str' object is unsafe."),
        ("x\n{{ 1 / 0 }}", "mine/email.txt:2: division by zero"),
        ("x\n{{ gap + 1 }}", 'mine/email.txt:2: can only concatenate str (not "int") to str'),
        ("x\n\n{% include 'nowhere.txt' %}", "mine/email.txt:3: no such template: nowhere.txt"),
        ("x\n{% include '/etc/passwd' %}", "mine/email.txt:2: no such template: /etc/passwd"),
        ("x\n{% include '../agent.toml' %}", "mine/email.txt:2: no such template: ../agent.toml"),
        ("# A\n\n[chart pie]\n", "mine/email.txt:3: [chart pie]: no such chart, known are: capacity, people, days"),
        ("x\n{% for n in range(1000000) %}{% endfor %}", "mine/email.txt:2: Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000)."),
        ("a\n{% include 'email.txt' %}", "mine/email.txt:2: maximum recursion depth exceeded"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    """File, line, and what is wrong."""
    with pytest.raises(ConfigFault) as fault:
        told(text)
    assert str(fault.value).startswith(line)
    assert "\n" not in str(fault.value)


def test_a_mistake_in_a_part_names_the_part() -> None:
    with pytest.raises(ConfigFault, match=r"^mine/-part\.txt:2: 'nobody' is undefined$"):
        templates(_part="x\n{{ nobody }}", email="{% include '-part.txt' %}").outlined("email.txt", FACTS)


@pytest.mark.parametrize(
    "text", ["{{ [1].append(2) }}", "{{ cycler.__init__.__globals__ }}", "{{ school.__init__ }}"]
)
def test_the_sandbox_holds(text: str) -> None:
    """Nothing of Python is in reach, and nothing is changed."""
    with pytest.raises(ConfigFault, match=r"^mine/email\.txt:1: .*(unsafe|not safely callable)"):
        told(text)


def test_what_is_not_known_is_never_printed_as_none() -> None:
    """A template that doesn't ask first says that it isn't known."""
    found = templates(email="Gap: {{ gap }}").outlined("email.txt", EARLY)
    assert [block.text for block in found] == ["Gap: (not known yet)"]


def test_html_is_escaped_and_text_is_not() -> None:
    facts = packet_facts(example_week.named("<b>A & B</b>"), PUBLISHER, Ahead())
    page = templates().html("newsletter.html", facts, None)
    assert "<b>A" not in page
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in page
    assert "<b>A & B</b>" in " ".join(block.text for block in templates().outlined("email.txt", facts))


def test_a_name_is_no_template() -> None:
    facts = packet_facts(example_week.named("{{ 7*7 }} {% if %}"), PUBLISHER, Ahead())
    found = templates(email="{{ school }}").outlined("email.txt", facts)
    assert found[0].text == "{{ 7*7 }} {% if %}"


def test_the_shipped_templates_hold_no_figure() -> None:
    """Every digit that is printed is a fact's; what a sentence says it says of this school."""
    from jinja2 import Environment, nodes

    for name, text in SHIPPED.items():
        shown = "".join(
            data.data
            for output in Environment(autoescape=True).parse(text).find_all(nodes.Output)
            for data in output.find_all(nodes.TemplateData)
        )
        body = shown.partition("<body>")[2] or shown
        assert not any(
            sign.isdigit() for sign in body.replace("<h1>", "").replace("</h1>", "").replace("h2>", "")
        ), name
