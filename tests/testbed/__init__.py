"""A school's line in network namespaces: shaped to the byte, with delay, loss and other people's traffic.

Needs root, Linux, iproute2 and ethtool; iperf3, nginx and openssl for what runs on it. The unit tests need
none of this: the bed is for ``benchmarks/truth`` and its short form here, and for looking at the engine by hand.
"""
