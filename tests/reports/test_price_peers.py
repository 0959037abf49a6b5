"""A circuit's price stands beside its peers' where there are ten of them, and nowhere else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.percentiles import median
from reports.price_peers import PricedCircuit, band_words, peer_prices
from reports.small_cells import FEWEST


def circuits(count: int, mbps: float = 500.0, cost: float = 1000.0, **more: str) -> list[PricedCircuit]:
    return [PricedCircuit(f"c{n:02}", mbps, cost + 10 * n, **more) for n in range(count)]


def test_ten_circuits_of_a_size_have_a_median_and_say_how_many_they_are() -> None:
    first = peer_prices(circuits(10))[0]
    assert (first.per_mbps, first.peers, first.size) == (2.0, 10, "more than 250, up to 500 Mbps")
    assert first.median_per_mbps == 2.09
    assert first.ratio == 2.0 / 2.09


def test_nine_say_nothing() -> None:
    """The own price is the circuit's own; the peers' could be worked out."""
    first = peer_prices(circuits(9))[0]
    assert (first.per_mbps, first.peers, first.median_per_mbps, first.ratio) == (2.0, None, None, None)


def test_other_sizes_currencies_and_unknown_prices_are_no_peers() -> None:
    others = [
        *(PricedCircuit(f"x{n}", 1000.0, 1.0) for n in range(20)),
        *(PricedCircuit(f"e{n}", 500.0, 1.0, "EUR") for n in range(3)),
        *(PricedCircuit(f"u{n}", 500.0, None) for n in range(20)),
        *(PricedCircuit(f"s{n}", None, 500.0) for n in range(20)),
    ]
    assert peer_prices([*circuits(9), *others])[0].median_per_mbps is None
    found = {one.circuit: one for one in peer_prices([*circuits(10), *others])}
    assert found["c00"].peers == 10
    assert found["e0"].peers is None
    assert (found["s0"].size, found["s0"].per_mbps) == (None, None)


def test_bands_have_words() -> None:
    assert [band_words(n) for n in (0, 1, 8)] == [
        "up to 50 Mbps",
        "more than 50, up to 100 Mbps",
        "more than 10,000 Mbps",
    ]


@given(
    st.lists(
        st.tuples(st.floats(1, 20_000), st.one_of(st.none(), st.floats(0, 9000)), st.sampled_from("ab")),
        max_size=60,
    )
)
def test_what_is_told_is_a_median_of_ten_or_more(rows: list[tuple[float, float | None, str]]) -> None:
    known = [PricedCircuit(f"c{n:02}", *row) for n, row in enumerate(rows)]
    told = peer_prices(reversed(known))
    assert [one.circuit for one in told] == [one.id for one in known]
    for circuit, one in zip(known, told, strict=True):
        peers = [
            each.per_mbps
            for each in known
            if (each.band, each.currency) == (circuit.band, circuit.currency) and each.per_mbps is not None
        ]
        if len(peers) < FEWEST:
            assert one.median_per_mbps is None
        else:
            assert (one.peers, one.median_per_mbps) == (len(peers), median(peers))
