"""Holds the engines against lines whose rate is known: error, octets, seconds, doubts and processor time.

    sudo .venv/bin/python -m benchmarks.truth --rates 10,100 --rtts 0,40 --repeats 3
    sudo .venv/bin/python -m benchmarks.truth --suite docs/truth.md --only others-up

Runs on the bed of ``tests/testbed`` (root, iproute2, ethtool, iperf3, nginx, curl), the engines in turn
within each line, so that what disturbs the machine disturbs all of them. Each run waits for a quiet
moment. The truth is the rate that the bed is shaped to, times 1448/1514: what of it is TCP payload; on a
line that isn't shaped, what iperf3 makes of it beside. ``groups`` says what is measured, and what is asked
of it.
"""
