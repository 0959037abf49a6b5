"""What ``make truth`` measures, table by table, and what is asked of our own engine in each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One table. ``within`` is the share of the truth that ``judged`` engines are held to, None for none."""

    title: str
    words: str
    within: float | None = None
    judged: tuple[str, ...] = ("http",)
    about: str = ""


GROUPS = {
    "idle": Group(
        "An idle line", "--rates 10,100,500,1000,2500 --engines http,iperf3,curl,speedtest-cli", 0.02
    ),
    "far": Group(
        "An idle line, 40 ms away",
        "--rates 10,100,300 --rtts 40 --engines http,iperf3,curl,speedtest-cli",
        0.02,
    ),
    "loss": Group(
        "One packet in a thousand lost", "--rates 10,100 --rtts 40 --loss 0.1 --engines http,iperf3", 0.02
    ),
    "others": Group(
        "Others on the line",
        "--rates 100 --backgrounds udp:30,udp:70,tcp:50,tcp:70:10,greedy --engines http,speedtest-cli",
        0.01,
    ),
    "others-fast": Group(
        "Others on a faster line",
        "--rates 500 --backgrounds udp:50,tcp:50,tcp:70:10,udp:50:1:up,tcp:50:10:up --engines http",
        0.01,
    ),
    "others-up": Group(
        "Others on the uplink",
        "--rates 100 --backgrounds udp:30:1:up,udp:50:1:up,udp:70:1:up,tcp:30:1:up,tcp:50:10:up,"
        "tcp:70:10:up,greedy:0:4:up --engines http",
        0.01,
        about="The uplink's counter sees packets before the provider drops them, and what others lose there "
        "nobody on this side can know: the test's own losses stand for everyone's. A full uplink holds "
        "acknowledgements up, so that a download may really get less than the line's rate.",
    ),
    "others-far": Group(
        "Others on the line, 40 ms away",
        "--rates 100 --rtts 40 --backgrounds udp:50,tcp:30:10,greedy,udp:50:1:up,tcp:50:10:up,"
        "greedy:0:4:up --engines http",
        0.01,
        about="100 Mbit/s alone: the bed's delay is made in user space, and beyond 250 Mbit/s it is the line.",
    ),
    "pulses": Group(
        "Others that come and go: a second on, a second off",
        "--rates 100 --rtts 0,40 --backgrounds pulses:60,pulses:60:1:up --engines http",
        0.03,
    ),
    "bucket": Group(
        "A burst bucket: 50 Mbit/s, 25 MB at 200 first",
        "--rates 50 --bucket --engines http,speedtest-cli",
        0.02,
    ),
    "bucket-long": Group(
        "A burst bucket of 100 MB, the load held for 15 s",
        "--rates 50 --bucket --bucket-mb 100 --least-s 15 --engines http",
        0.02,
    ),
    "weak": Group(
        "A gateway with a twentieth of a core left",
        "--rates 1000 --core-share 5 --engines http,speedtest-cli",
        0.10,
        about="The engine and all that it starts share 5 % of one core (a control group's quota).",
    ),
    "fastest": Group(
        "5 Gbit/s and beyond",
        "--rates 5000,10000,0 --offloads --engines http,iperf3-x4,iperf3-up",
        0.05,
        about="With offloads, since the bed's core can't make as many packets of 1514 octets. The truth of the "
        "unshaped line is what iperf3 made of it in the same turns.",
    ),
    "tls": Group(
        "TLS, and what it costs",
        "--rates 1000 --engines http,https,curl,curl-https",
        0.02,
        judged=("http", "https"),
    ),
    "counterparts": Group(
        "Beside programs of others, 40 ms away",
        "--rates 100 --rtts 40 --engines http,ndt7,web-speedtest,iperf3,irtt",
        0.02,
        about="ndt7 is our engine, one flow against ndt7-server-go-minimal where that is on the PATH; "
        "web-speedtest is client and server from PyPI; irtt tells the round trip by UDP.",
    ),
}
"""By the name that ``--only`` takes."""
