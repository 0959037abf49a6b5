"""Where only enrolled sites may test, each test has a pass of its own."""

import requests

from collector.passes import BEGIN_WITHIN_S, LASTS_S, Passes
from tests.collector.conftest import Running, Starter


def described(collector: Running, token: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{collector.url}/v1/measure", headers=headers, timeout=30)


def test_an_open_endpoint_asks_for_nothing(collector: Running) -> None:
    """LibreSpeed's page has no token."""
    assert described(collector, None).json()["down"] == "measure/garbage.php"
    assert requests.get(f"{collector.url}/v1/measure/garbage.php?ckSize=1", timeout=30).status_code == 200


def test_an_enrolled_site_gets_paths_that_work(start: Starter) -> None:
    """Down, up and ping, as often as one test needs them."""
    collector = start(measure={"access": "enrolled"})
    told = described(collector, collector.enrol("north")).json()
    for _ in range(3):
        down = requests.get(f"{collector.url}/v1/{told['down']}&ckSize=1", timeout=30)
        assert (down.status_code, len(down.content)) == (200, 1 << 20)
        assert (
            requests.post(f"{collector.url}/v1/{told['up']}", data=b"x" * 1000, timeout=30).status_code == 200
        )
        assert requests.get(f"{collector.url}/v1/{told['ping']}", timeout=30).status_code == 200


def test_nobody_else_gets_anything(start: Starter) -> None:
    """No token, a token of nowhere, no pass, a made-up pass: 401, and a problem that says what to do."""
    collector = start(measure={"access": "enrolled"})
    collector.enrol("north")
    for answer in (
        described(collector, None),
        described(collector, "bandgap_of-somewhere-else-entirely"),
        requests.get(f"{collector.url}/v1/measure/garbage.php?ckSize=1", timeout=30),
        requests.get(f"{collector.url}/v1/measure/empty.php?pass=guess", timeout=30),
        requests.post(f"{collector.url}/v1/measure/empty.php?pass=guess", data=b"x", timeout=30),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Only enrolled sites test here" in answer.json()["detail"]


def test_a_sites_new_pass_ends_the_one_before(start: Starter) -> None:
    """One test at a time for a site; other sites aren't touched."""
    collector = start(measure={"access": "enrolled"})
    north, south = collector.enrol("north"), collector.enrol("south")
    first = described(collector, north).json()["ping"]
    other = described(collector, south).json()["ping"]
    second = described(collector, north).json()["ping"]
    codes = [
        requests.get(f"{collector.url}/v1/{path}", timeout=30).status_code for path in (first, other, second)
    ]
    assert codes == [401, 200, 200]


def test_a_pass_has_to_be_begun_soon() -> None:
    passes = Passes()
    late, in_time = passes.issue("a", 100), passes.issue("b", 100)
    assert passes.admits(in_time, 100 + BEGIN_WITHIN_S)
    assert not passes.admits(late, 100 + BEGIN_WITHIN_S + 0.1)


def test_a_pass_lasts_for_one_test() -> None:
    """Its first use begins its time; when that is over, it is over for good."""
    passes = Passes()
    used = passes.issue("a", 0)
    assert passes.admits(used, 10)
    assert passes.admits(used, 10 + LASTS_S)
    assert not passes.admits(used, 10 + LASTS_S + 0.1)
    assert not passes.admits(used, 10)


def test_a_pass_of_another_process_holds_as_long_as_it_may_at_most() -> None:
    """When it was first used there isn't known here. It is known here when the site had a newer one here."""
    here, there = Passes(), Passes()
    first, second = there.issue("a", 100), there.issue("a", 100)
    assert first != second
    assert here.admits(first, 100 + BEGIN_WITHIN_S + LASTS_S)
    assert not here.admits(first, 100 + BEGIN_WITHIN_S + LASTS_S + 0.1)
    assert here.admits(second, 110)
    assert not here.admits(first, 110)


def test_a_pass_tells_nobody_whose_it_is() -> None:
    """It stands in an address, which servers on the way may write down."""
    assert "north" not in Passes().issue("north", 0)
