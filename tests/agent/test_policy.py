"""A policy makes an agent quieter and never costlier, and only one that is signed for this site is followed."""

from __future__ import annotations

import base64
import json
import os
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import store
from agent.config import AgentConfig, parse
from agent.installation import find
from agent.policy import FILE, kept, laid_over, words
from agent.policy_pull import decisions, pull
from reports.faults import ConfigFault, Fault
from reports.policy import Policy, PolicyHead, PolicySchedule, PolicyTargets, read_policy, with_head
from reports.windows import windows
from tests.commands import bandgap, environment
from tests.loopback import Answer, serving

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def settings(text: str = "") -> AgentConfig:
    return parse(text, Path("agent.toml"), zone="UTC")


def asking(text: str, serial: int = 7, sites: tuple[str, ...] | None = None) -> Policy:
    return read_policy(with_head(text, serial, TODAY, sites))


def test_quiet_windows_are_added_and_what_is_the_sites_own_stays() -> None:
    own = settings('[schedule]\nquiet = ["12:00-12:45"]\n')
    held = laid_over(
        own, asking('[schedule]\nquiet = ["2027-04-12/2027-04-23 08:00-15:00", "12:00-12:45"]\n')
    )
    assert held.schedule.quiet == windows(["12:00-12:45", "2027-04-12/2027-04-23 08:00-15:00"])


@pytest.mark.parametrize(
    ("own", "asked", "held"),
    [(20, 5, 5.0), (20, 50, 20.0), (None, 50, 50.0), (None, None, None), (20, None, 20.0)],
)
def test_the_data_budget_is_never_above_the_sites_own(
    own: float | None, asked: float | None, held: float | None
) -> None:
    config = settings(f"[schedule]\nbudget_gb = {own}\n" if own else "")
    policy = asking(f"[schedule]\nbudget_gb = {asked}\n" if asked else "")
    assert laid_over(config, policy).schedule.budget_gb == held


def test_a_metered_lines_own_bound_holds_where_no_budget_is_set() -> None:
    config = settings('[contract]\nconnection = "satellite"\n')
    assert laid_over(config, asking("[schedule]\nbudget_gb = 100\n")).budget_bytes == 5e9


def test_hours_for_large_tests_hold_only_where_the_site_named_none() -> None:
    policy = asking('[schedule]\nfull_tests = ["20:00-05:00"]\n')
    own = settings('[schedule]\nfull_tests = ["18:00-06:00"]\n')
    assert laid_over(own, policy).schedule.full_tests == windows(["18:00-06:00"])
    assert laid_over(settings(), policy).schedule.full_tests == windows(["20:00-05:00"])


def test_target_sets_are_the_policys() -> None:
    held = laid_over(settings(), asking('[targets]\nsets = ["fcc-2014-long"]\n'))
    assert held.targets.sets == ("fcc-2014-long",)


SCHEDULES = st.builds(
    PolicySchedule,
    quiet=st.sampled_from([(), windows(["08:00-09:00"])]),
    full_tests=st.sampled_from([(), windows(["20:00-05:00"])]),
    test_every=st.one_of(st.none(), st.floats(1, 1e6)),
    light_test_mb=st.one_of(st.none(), st.integers(1, 100_000)),
    long_tests=st.sampled_from([None, True, False]),
    budget_gb=st.one_of(st.none(), st.floats(0.001, 1e6)),
)


@given(
    SCHEDULES,
    st.sampled_from(
        [
            "",
            "[schedule]\nbudget_gb = 3\nlong_tests = false\n",
            '[schedule]\nlight_test_mb = 10\nquiet = ["10:00-11:00"]\n[measure]\ntest_every = "12h"\n',
            '[contract]\nconnection = "mobile"\n',
        ]
    ),
)
def test_no_policy_makes_an_agent_costlier(schedule: PolicySchedule, text: str) -> None:
    own = settings(text)
    policy = Policy(PolicyHead(format=1, serial=1, issued_on=TODAY), schedule, PolicyTargets())
    held = laid_over(own, policy)
    assert held.measure.test_every >= own.measure.test_every
    assert held.schedule.light_test_mb <= own.schedule.light_test_mb
    assert set(own.schedule.quiet) <= set(held.schedule.quiet)
    assert own.schedule.long_tests or not held.schedule.long_tests
    if own.budget_bytes is not None:
        assert held.budget_bytes is not None
        assert held.budget_bytes <= own.budget_bytes + 1
    assert (held.upload, held.site, held.contract) == (own.upload, own.site, own.contract)
    assert words(own, policy)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no table [policy]"),
        ("[policy]\nformat = 2\nserial = 1\nissued_on = 2026-11-24\n", "[policy] format: found 2"),
        (
            with_head("[upload]\ncollector = 'https://evil.example'\n", 1, TODAY, None),
            "[upload]: unknown table",
        ),
        (with_head("[schedule]\nserver = 'x'\n", 1, TODAY, None), "[schedule] server: unknown key"),
        (with_head("[schedule]\nquiet = ['noon']\n", 1, TODAY, None), "[schedule] quiet: found"),
        ("x = ", "not valid TOML"),
    ],
)
def test_what_an_agent_does_not_know_it_does_not_follow(text: str, line: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        read_policy(text)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "ed25519:", "ed25519:AAAA", "rsa:x", "ed25519:###"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ConfigFault, match=r"\[policy\] key: found"):
        settings(f'[policy]\nkey = "{key}"\n')


def test_to_follow_takes_a_key() -> None:
    with pytest.raises(ConfigFault, match=r"\[policy\] key: missing beside follow"):
        settings("[policy]\nfollow = true\n")


class Signer:
    """A district with a key."""

    def __init__(self) -> None:
        library: Any = pytest.importorskip(
            "cryptography.hazmat.primitives.asymmetric.ed25519", reason="cryptography isn't installed"
        )
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        self._key = library.Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = "ed25519:" + base64.b64encode(raw).decode()

    def answer(self, text: str, signed: str | None = None) -> Answer:
        signature = self._key.sign((text if signed is None else signed).encode())
        told = {"serial": 1, "document": text, "signature": base64.b64encode(signature).decode()}
        return Answer(body=json.dumps(told).encode())


def pulled(folder: Path, signer: Signer, answer: Answer, site: str = "lincoln") -> bool:
    with serving(lambda n, body: answer) as server, closing(store.open_store(folder)) as connection:
        config = settings(
            f'[site]\nid = "{site}"\n[policy]\nfollow = true\nkey = "{signer.public}"\n'
            f'[upload]\ncollector = "{server.url}"\n'
        )
        try:
            return pull(config, "token", folder, connection, NOW)
        finally:
            assert all(path == "/v1/policy" for _, path, _, _ in server.seen)


def policy(
    serial: int = 7, sites: tuple[str, ...] | None = None, text: str = "[schedule]\nbudget_gb = 1\n"
) -> str:
    return with_head(text, serial, TODAY, sites)


def test_a_signed_policy_is_kept_and_the_same_again_is_no_news(tmp_path: Path) -> None:
    signer = Signer()
    assert pulled(tmp_path, signer, signer.answer(policy()))
    assert not pulled(tmp_path, signer, signer.answer(policy()))
    found = kept(tmp_path)
    assert found is not None
    assert found.schedule.budget_gb == 1.0
    assert pulled(tmp_path, signer, signer.answer(policy(8, ("lincoln", "oak"))))
    with closing(store.open_store(tmp_path)) as connection:
        assert decisions(connection) == [
            "2026-11-24T15:00:00+00:00 policy 7 of 2026-11-24 is followed",
            "2026-11-24T15:00:00+00:00 policy 8 of 2026-11-24 is followed",
        ]


@pytest.mark.parametrize(
    ("text", "signed", "line"),
    [
        (policy(text="[schedule]\nbudget_gb = 9\n"), policy(), "isn't signed by the key"),
        (policy(9, ("oak",)), None, "is for other sites"),
        (policy(6), None, "policy 6 is older than 7"),
        (policy(9, text="[email]\nto = []\n"), None, "unknown table"),
        (policy(9, text="[targets]\nsets = ['nobody-s']\n"), None, "nobody-s"),
    ],
)
def test_what_may_not_be_believed_changes_nothing_and_is_told(
    text: str, signed: str | None, line: str, tmp_path: Path
) -> None:
    signer = Signer()
    pulled(tmp_path, signer, signer.answer(policy()))
    before = (tmp_path / FILE).read_text()
    for _ in range(2):
        with pytest.raises(Fault, match=line):
            pulled(tmp_path, signer, signer.answer(text, signed))
    assert (tmp_path / FILE).read_text() == before
    with closing(store.open_store(tmp_path)) as connection:
        told = decisions(connection)
    assert len(told) == 2  # the second refusal is the same
    assert "refused: " in told[-1]


def test_another_districts_key_is_another_key(tmp_path: Path) -> None:
    ours, theirs = Signer(), Signer()
    with pytest.raises(Fault, match="isn't signed by the key"):
        pulled(tmp_path, ours, theirs.answer(policy()))
    assert kept(tmp_path) is None


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(500), "HTTP 500"),
        # Which of the two depends on whether this requests holds a body against its Content-Length.
        (Answer(body=b"{", cut=True), "can't be asked|is no policy"),
        (Answer(302, headers={"Location": "http://127.0.0.1:9/"}), "HTTP 302"),
        (Answer(body=b"<html>"), "is no policy"),
        (Answer(body=b"[]"), "is no policy"),
        (Answer(body=b'{"document": "x", "signature": "?"}'), "isn't signed by the key"),
    ],
)
def test_an_answer_that_is_no_policy_changes_nothing(answer: Answer, line: str, tmp_path: Path) -> None:
    with pytest.raises(Fault, match=line):
        pulled(tmp_path, Signer(), answer)
    assert kept(tmp_path) is None


@pytest.mark.parametrize(
    "answer", [Answer(404), Answer(body=b'{"serial": null, "document": null, "signature": null}')]
)
def test_a_collector_without_a_policy_is_none(answer: Answer, tmp_path: Path) -> None:
    assert not pulled(tmp_path, Signer(), answer)


def test_a_kept_policy_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[schedule")
    assert kept(tmp_path) is None


def test_the_settings_that_hold_are_those_with_the_policy_while_it_is_followed(tmp_path: Path) -> None:
    key = "ed25519:" + base64.b64encode(bytes(32)).decode()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text(policy(7, ("lincoln",)))
    for text, held in (
        ('[site]\nid = "lincoln"\n[policy]\nfollow = true\n', 1.0),
        ('[site]\nid = "oak"\n[policy]\nfollow = true\n', None),
        ('[site]\nid = "lincoln"\n[policy]\nfollow = false\n', None),
    ):
        environ = environment(tmp_path, text + f'key = "{key}"\n')
        assert find({**os.environ, **environ}).config.schedule.budget_gb == held


def test_config_check_tells_what_is_asked_and_what_holds(tmp_path: Path) -> None:
    key = "ed25519:" + base64.b64encode(bytes(32)).decode()
    environ = environment(tmp_path, f'[schedule]\nbudget_gb = 5\n[policy]\nfollow = true\nkey = "{key}"\n')
    assert "policy: none was received yet" in bandgap(environ, "config", "check").stdout
    (tmp_path / "state").mkdir()
    asked = '[schedule]\nbudget_gb = 9\nquiet = ["08:00-09:00"]\n[targets]\nsets = ["fcc-2014-long"]\n'
    (tmp_path / "state" / FILE).write_text(policy(text=asked))
    said = bandgap(environ, "config", "check").stdout
    assert "policy 7 of 2026-11-24 is followed:" in said
    assert "schedule.budget_gb: 5, 9 was asked; the site's own limit holds" in said
    assert "schedule.quiet: 1 more beside 0 of the site's own" in said
    assert "targets.sets: fcc-2014-long" in said
