"""Settings are read strictly: each mistake is one line with file, key, what was found and what is expected."""

import dataclasses
import re
from pathlib import Path

import pytest

from agent import shipped
from agent.config import KINDS, AgentConfig, load, parse
from reports.faults import ConfigFault


def config(text: str) -> AgentConfig:
    return parse(text, Path("agent.toml"), zone="UTC")


def test_no_file_gives_defaults_and_says_what_a_verdict_lacks() -> None:
    """A check works with nothing configured."""
    found = load(None, zone="America/Chicago")
    assert found.site.timezone == "America/Chicago"
    assert found.measure.engines == ("http", "speedtest-cli")
    assert found.missing_for_a_verdict == (
        "For a verdict, set site.students, site.staff, contract.down_mbps "
        "in agent.toml (see `bandgap config show`)."
    )


def test_the_shipped_file_shows_every_key_at_its_default() -> None:
    """With its comment signs taken off, the file loads, and names each key there is, once."""
    text = shipped.commented_settings()
    assert config(text) == parse("", Path("agent.toml"), zone="UTC")
    live = re.sub(r"(?m)^# ([a-z0-9_]+ = )", r"\1", text)
    assert config(live).site.students == 420
    keys = re.findall(r"(?m)^([a-z0-9_]+) = ", live)
    known = [field.name for kind in KINDS.values() for field in dataclasses.fields(kind)]
    assert sorted(keys) == sorted(known)


def test_defaults_shown_are_the_defaults_held() -> None:
    """A line of the shipped file without "(No default.)" says what happens without it."""
    text = shipped.commented_settings()
    defaults = parse("", Path("agent.toml"), zone="UTC")
    shown = "\n".join(
        line[2:]
        if line.startswith("# ")
        and re.match(
            r"# (poll|keep|test|max|engines|sets|min|every|serves|iperf3_wait|ndt7_consent|ookla_licence)",
            line,
        )
        else line
        for line in text.splitlines()
    )
    assert config(shown) == defaults


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[site]\nstudnets = 4", 'agent.toml: [site] studnets: unknown key, did you mean "students"?'),
        ("[sites]\n", 'agent.toml: [sites]: unknown table, did you mean "site"?'),
        ("site = 4", "agent.toml: site: found 4, expected a table [site]"),
        ("[site]\nstudents = 'many'", 'agent.toml: [site] students: found "many", expected a whole number from 0 to 10,000,000'),
        ("[site]\nstudents = true", "agent.toml: [site] students: found true, expected a whole number from 0 to 10,000,000"),
        ("[site]\nid = 100", "agent.toml: [site] id: found 100, expected letters, digits, '.', '_' or '-', up to 64, as text in quotes"),
        ('[site]\ntimezone = "Mars/Dome"', 'agent.toml: [site] timezone: found "Mars/Dome", expected a time zone such as "America/Chicago"'),
        ('[site]\nschool_hours = "7-17"', 'agent.toml: [site] school_hours: found "7-17", expected opening and closing time as in "07:00-17:00"'),
        ('[site]\nserves = "all"', 'agent.toml: [site] serves: found "all", expected one of "school", "independent-school", "district"'),
        ("[contract]\ndown_mbps = 0", "agent.toml: [contract] down_mbps: found 0, expected a number of 0.001 or more"),
        ("[contract]\nends_on = 2028", "agent.toml: [contract] ends_on: found 2028, expected a date"),
        ('[measure]\ntest_every = "often"', 'agent.toml: [measure] test_every: found "often", expected an interval as in "6h"'),
        ('[measure]\nengines = "http"', 'agent.toml: [measure] engines: found "http", expected a list of text'),
        (
            '[upload]\ncollector = "http://collector.example.org"',
            'agent.toml: [upload] collector: found "http://collector.example.org", expected an https:// address '
            "(http:// only on this machine: the token would travel in clear)",
        ),
        ("[site\n", "agent.toml: not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 6)"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    """What, where, and what is expected."""
    with pytest.raises(ConfigFault) as fault:
        config(text)
    assert str(fault.value) == line
    assert fault.value.exit_code == 78


def test_ids_keep_their_leading_zeros() -> None:
    assert config('[site]\nid = "0100005-00870"').site.id == "0100005-00870"


def test_hosts_are_names_or_addresses_with_their_ports() -> None:
    """An IPv6 address stands in brackets, as in a URL (RFC 3986)."""
    text = '[reachability]\nhosts = ["www.example.org:443", "192.0.2.1:80", "[2001:db8::1]:853"]'
    assert config(text).reachability.hosts == (
        ("www.example.org", 443),
        ("192.0.2.1", 80),
        ("2001:db8::1", 853),
    )


@pytest.mark.parametrize(
    "host",
    ["www.example.org", "https://www.example.org:443", "a b:443", "x:99999", "x:443/y", ":443", "-x:1"],
)
def test_a_host_without_its_port_is_refused(host: str) -> None:
    """And whatever else isn't one."""
    with pytest.raises(ConfigFault, match=r"hosts: found .* expected a list of hosts with their ports"):
        config(f'[reachability]\nhosts = ["{host}"]')


def test_a_collector_on_this_machine_may_be_plain_http() -> None:
    """The token doesn't leave the machine."""
    assert config('[upload]\ncollector = "http://127.0.0.1:8642/"').server == "http://127.0.0.1:8642"


def test_a_file_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "agent.toml"
    bad.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigFault, match="is not UTF-8 text, expected a TOML file"):
        load(bad, zone="UTC")
