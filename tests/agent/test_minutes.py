"""Polls of a second become rows of a minute; no byte is lost or counted twice on the way."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.counters import Delta
from agent.minutes import MinuteFold

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_a_row_is_handed_out_when_its_minute_is_over() -> None:
    """Sixty polls are one row, with the mean of all and the peak of the best."""
    fold = MinuteFold()
    for second in range(1, 61):
        rx = 1_000_000 if second == 30 else 125_000
        fold.add("eth0", Delta(1.0, rx, 1000), START + timedelta(seconds=second), link_up=True)
    assert fold.ready == []
    fold.add("eth0", Delta(1.0, 1, 1), START + timedelta(seconds=61), link_up=True)
    (row,) = fold.ready
    assert row.started_at == START
    assert row.interval_s == 60
    assert row.rx_bytes == 59 * 125_000 + 1_000_000
    assert row.peak_rx_mbps == 8.0


def test_lost_seconds_are_missing_from_the_interval() -> None:
    """A gap shortens what was observed; it adds no zero."""
    fold = MinuteFold()
    fold.add("eth0", Delta(1.0, 125_000, 0), START + timedelta(seconds=1), link_up=True)
    fold.add("eth0", Delta(1.0, lost="reset"), START + timedelta(seconds=2), link_up=True)
    fold.close()
    assert fold.ready[0].interval_s == 1
    assert fold.ready[0].mean.down_mbps == 1.0


def test_a_cut_wire_is_an_outage_and_not_zero_traffic() -> None:
    """Seconds without carrier have no rate at all."""
    fold = MinuteFold()
    for second in range(1, 11):
        fold.add("eth0", Delta(1.0, 0, 0), START + timedelta(seconds=second), link_up=False)
    fold.close()
    (row,) = fold.ready
    assert row.link_down_s == 10
    assert row.mean.down_mbps is None
    assert row.peak_rx_mbps is None


def test_a_minute_nothing_was_seen_of_is_no_row() -> None:
    """There is no row of nothing."""
    fold = MinuteFold()
    fold.add("eth0", Delta(1.0, lost="reset"), START, link_up=True)
    fold.close()
    assert fold.ready == []


def test_another_interface_begins_another_row() -> None:
    """A failover within a minute keeps the two lines apart."""
    fold = MinuteFold()
    fold.add("eth0", Delta(1.0, 10, 1), START + timedelta(seconds=5), link_up=True)
    fold.add("wwan0", Delta(1.0, 20, 2), START + timedelta(seconds=6), link_up=True)
    fold.close()
    assert [(row.interface, row.rx_bytes) for row in fold.ready] == [("eth0", 10), ("wwan0", 20)]


@given(
    st.lists(
        st.tuples(st.floats(0.2, 5.0), st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=200
    )
)
def test_all_bytes_arrive_in_rows_that_do_not_overlap(polls: list[tuple[float, int, int]]) -> None:
    """Whatever the rhythm of the polls: bytes and seconds add up, minutes rise."""
    fold, at = MinuteFold(), START
    for interval, rx, tx in polls:
        at += timedelta(seconds=interval)
        fold.add("eth0", Delta(interval, rx, tx), at, link_up=True)
    fold.close()
    assert sum(row.rx_bytes for row in fold.ready) == sum(rx for _, rx, _ in polls)
    assert sum(row.tx_bytes for row in fold.ready) == sum(tx for _, _, tx in polls)
    assert abs(sum(row.interval_s for row in fold.ready) - sum(i for i, _, _ in polls)) < 0.01 * len(polls)
    starts = [row.started_at for row in fold.ready]
    assert starts == sorted(set(starts))


def test_polls_too_coarse_for_peaks_give_a_minutes_mean_and_share_the_rows() -> None:
    """A gateway's counters beside an interface's: one list of rows to write."""
    fine = MinuteFold()
    coarse = MinuteFold(fine.ready, coarse=True)
    for rx_bytes in (1_000_000, 3_000_000):
        coarse.add("gateway wan", Delta(10.0, rx_bytes, 0), START + timedelta(seconds=30), link_up=True)
    coarse.close()
    assert [row.peak_rx_mbps for row in fine.ready] == [1.6]
