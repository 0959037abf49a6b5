"""A site's token is changed without a gap, ended at once, and given once for a code; on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from collector.cli import main
from collector.engine import reading, writing
from collector.people import audit, enrolment_codes, site_tokens
from collector.people.tables import enrolment_codes as codes
from collector.people.tables import old_site_tokens
from collector.tables import sites
from collector.tokens import token_hash
from reports.faults import ConfigFault, Fault
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import Running
from tests.collector.people.district import OPERATOR

DAY = timedelta(days=1)


def enrolled(source: Engine, token: str = "first", site: str = "lincoln") -> None:  # made up
    with writing(source) as connection:
        connection.execute(
            insert(sites).values(
                id=site, token_sha256=token_hash(token), enrolled_at=0, facts="{}", contract="{}"
            )
        )


def renewed(
    source: Engine, overlap: timedelta = DAY, shown: str | None = None, after: timedelta = 0 * DAY
) -> str:
    with writing(source) as connection:
        return site_tokens.renew(connection, OPERATOR, made.NOW + after, "lincoln", overlap, shown)


def holds(source: Engine, token: str, after: timedelta = 0 * DAY) -> bool:
    with reading(source) as connection:
        newest = connection.scalar(select(sites.c.token_sha256).where(sites.c.id == "lincoln"))
        old = site_tokens.holder_of_old(connection, token_hash(token), made.NOW + after)
    return newest == token_hash(token) or old == "lincoln"


def test_a_token_is_changed_without_a_gap(source: Engine) -> None:
    """Both hold for the stated time, and then the new one alone."""
    enrolled(source)
    new = renewed(source)
    assert holds(source, "first")
    assert holds(source, new)
    assert not holds(source, "first", DAY)
    assert holds(source, new, DAY)


def test_without_an_overlap_the_old_one_ends_at_once(source: Engine) -> None:
    """One that had still held from a change before too."""
    enrolled(source)
    second = renewed(source)
    third = renewed(source, site_tokens.AT_ONCE)
    assert [holds(source, one) for one in ("first", second, third)] == [False, False, True]


def test_an_answer_that_never_arrived_shuts_no_gateway_out(source: Engine) -> None:
    """Asking again with the token that it has gives another, and that token goes on."""
    enrolled(source)
    for hour in range(0, 100, 20):
        lost = renewed(source, DAY, "first", timedelta(hours=hour))
        assert holds(source, "first", timedelta(hours=hour + 23))
        assert holds(source, lost, timedelta(hours=hour))
    with reading(source) as connection:
        assert len(connection.execute(select(old_site_tokens)).all()) == 2


def test_revoking_ends_all_tokens_and_codes(source: Engine) -> None:
    """Those that were to hold for a while as well; a code that waits gives nothing."""
    enrolled(source)
    new = renewed(source)
    with writing(source) as connection:
        (issued,) = enrolment_codes.issue(connection, OPERATOR, made.NOW, [Site(id="lincoln")], DAY)
        site_tokens.revoke(connection, OPERATOR, made.NOW, "lincoln")
    assert not holds(source, "first")
    assert not holds(source, new)
    with pytest.raises(Fault), writing(source) as connection:
        enrolment_codes.redeem(connection, issued.code, made.NOW)


def test_a_site_that_is_not_there_has_no_token(source: Engine) -> None:
    with pytest.raises(Fault, match='site "lincoln": not enrolled'), writing(source) as connection:
        site_tokens.revoke(connection, OPERATOR, made.NOW, "lincoln")


def test_a_code_gives_a_token_once(source: Engine) -> None:
    """A site that wasn't enrolled is; however the code was typed."""
    with writing(source) as connection:
        (issued,) = enrolment_codes.issue(connection, OPERATOR, made.NOW, [Site(id="lincoln")], DAY)
    typed = f"  {issued.code.lower().replace('-', '').replace('0', 'o').replace('1', 'l')}\n"
    with writing(source) as connection:
        site, token = enrolment_codes.redeem(connection, typed, made.NOW)
    assert site == "lincoln"
    assert holds(source, token)
    with pytest.raises(Fault, match="was used before"), writing(source) as connection:
        enrolment_codes.redeem(connection, issued.code, made.NOW)
    with reading(source) as connection:
        assert connection.scalar(select(codes.c.code_sha256)) == enrolment_codes.code_hash(issued.code)
        said = [(line.who, line.how, line.what) for _, line in audit.lines(connection, 9)]
    assert said == [
        ("site lincoln", "enrolment code", "site token renewed"),
        ("root", "command line", "enrolment codes issued"),
    ]


def test_a_code_has_an_end(source: Engine) -> None:
    """One second too late is too late."""
    with writing(source) as connection:
        (issued,) = enrolment_codes.issue(connection, OPERATOR, made.NOW, [Site(id="lincoln")], DAY)
    with pytest.raises(Fault, match="or has ended"), writing(source) as connection:
        enrolment_codes.redeem(connection, issued.code, made.NOW + DAY)
    with writing(source) as connection:
        enrolment_codes.redeem(connection, issued.code, made.NOW + DAY - timedelta(seconds=1))


def test_a_new_code_ends_the_one_before(source: Engine) -> None:
    """A list that was printed twice is good once."""
    found = []
    for _ in range(2):
        with writing(source) as connection:
            found += enrolment_codes.issue(connection, OPERATOR, made.NOW, [Site(id="lincoln")], DAY)
    with pytest.raises(Fault), writing(source) as connection:
        enrolment_codes.redeem(connection, found[0].code, made.NOW)
    with writing(source) as connection:
        enrolment_codes.redeem(connection, found[1].code, made.NOW)


def test_of_many_who_come_with_a_code_at_once_one_has_the_token(source: Engine) -> None:
    """The others are refused, and the site's token is the one that was given."""
    with writing(source) as connection:
        (issued,) = enrolment_codes.issue(connection, OPERATOR, made.NOW, [Site(id="lincoln")], DAY)
    given: list[str] = []
    refused: list[Fault] = []
    ready = threading.Barrier(8)

    def come() -> None:
        ready.wait(60)
        try:
            with writing(source) as connection:
                given.append(enrolment_codes.redeem(connection, issued.code, made.NOW)[1])
        except Fault as fault:
            refused.append(fault)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(given), len(refused)) == (1, 7)
    assert holds(source, given[0])


def test_codes_are_long_and_have_no_two_signs_alike(source: Engine) -> None:
    """100 bits, in four groups of five."""
    found = {enrolment_codes.new_code() for _ in range(500)}
    assert len(found) == 500
    assert all([len(group) for group in code.split("-")] == [5, 5, 5, 5] for code in found)
    assert not set("".join(found)) & set("ILOU")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1: found the columns none"),
        ("id,name\na,b\n", "line 1: found the columns 'id', 'name'"),
        ("site,colour\na,b\n", "line 1: found the columns 'site', 'colour'"),
        ("site\nlincoln\n../etc\n", 'line 3 id: found "../etc"'),
        ("site,name\nlincoln,Lincoln\nlincoln,Again\n", 'line 3: site "lincoln" stands in the file twice'),
        ("site\nlincoln,x\n", "line 2: more fields than the first line has names"),
        ("site\n\xff", "not a CSV file in UTF-8"),
    ],
)
def test_a_file_of_sites_with_a_fault_is_refused_as_a_whole(tmp_path: Path, text: str, line: str) -> None:
    """With the line that is wrong."""
    file = tmp_path / "sites.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigFault) as fault:
        enrolment_codes.read_sites(file)
    assert str(file) in str(fault.value)
    assert line in str(fault.value)


def test_a_file_of_sites_is_read_as_a_spreadsheet_wrote_it(tmp_path: Path) -> None:
    """With a byte order mark, quotes and blanks; ids keep their leading zeros."""
    file = tmp_path / "sites.csv"
    file.write_bytes('\ufeffsite,name\r\n010000500870," Lincoln, Elementary "\r\noak,\r\n'.encode())
    assert [(one.id, one.name) for one in enrolment_codes.read_sites(file)] == [
        ("010000500870", "Lincoln, Elementary"),
        ("oak", Site().name),
    ]


def test_codes_are_printed_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Site, code and end; the database has no code in it, and a site gets one token for it by HTTP."""
    file, database = tmp_path / "sites.csv", tmp_path / "collector.sqlite"
    file.write_text("site,name\nlincoln,Lincoln Elementary\nroosevelt,\n")
    assert main(["enrol", "--csv", str(file), "--expires", "7d", "--database", str(database)]) == 0
    head, *rows = [line.split(",") for line in capsys.readouterr().out.splitlines()]
    assert head == ["site", "code", "expires"]
    assert [row[0] for row in rows] == ["lincoln", "roosevelt"]
    kept = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.name.startswith("collector"))
    assert all(row[1].encode() not in kept for row in rows)
    assert main(["sites", "--database", str(database)]) == 0
    assert "Lincoln Elementary" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["enrol"], "enrol: expected a site, or --csv and a file of sites"),
        (["enrol", "a", "--csv", "b"], "enrol: expected a site, or --csv and a file of sites"),
        (
            ["enrol", "--csv", "b", "--name", "x"],
            "--csv makes codes only; leave out --rotate, --from, --name",
        ),
        (["enrol", "a", "--overlap", "1h"], "--overlap is for --rotate"),
    ],
)
def test_words_that_do_not_go_together_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    """Exit code 2, and nothing was made."""
    assert main([*words, "--database", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"bandgap: {line}")
    assert not (tmp_path / "none").exists()


def test_a_rotated_token_with_an_overlap_uploads_beside_the_new_one(
    collector: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the gateway does: with the old one until somebody has put the new one there."""
    old = collector.enrol(made.LINCOLN)
    database = str(tmp_path / "collector.sqlite")
    assert main(["enrol", "lincoln", "--rotate", "--overlap", "2h", "--database", database]) == 0
    new = capsys.readouterr().out.strip()
    collector.now = made.NOW.__class__.now(made.NOW.tzinfo)  # the command has the real clock
    for token in (old, new):
        assert collector.post(token, made.body([made.week()])).status_code == 200
    assert main(["revoke", "lincoln", "--database", database]) == 0
    for token in (old, new):
        assert collector.post(token, made.body([made.week()])).status_code == 401
