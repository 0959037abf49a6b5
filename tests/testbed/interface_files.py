"""Makes the files that interfaces have in /proc/net and /sys/class/net, from real ones in namespaces of its own.

    python -m tests.testbed.interface_files FOLDER    (root; what this kernel can't make is said and left out)

Each machine below is a list of `ip` commands. What the kernel then shows is copied as it is: the tables of
/proc/net, and of each interface the files that the agent reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MACHINES = {
    "bridged_wan": (
        "ip link add eth0 type veth peer name modem",
        "ip link add br-wan type bridge",
        "ip link set eth0 master br-wan",
        "ip link set eth0 up; ip link set modem up; ip link set br-wan up",
        "ip addr add 192.0.2.2/24 dev br-wan; ip route add default via 192.0.2.1 dev br-wan",
    ),
    "vlan_wan": (
        "ip link add eth0 type veth peer name modem",
        "ip link add link eth0 name eth0.7 type vlan id 7",
        "ip link set eth0 up; ip link set modem up; ip link set eth0.7 up",
        "ip addr add 192.0.2.2/24 dev eth0.7; ip route add default via 192.0.2.1 dev eth0.7",
    ),
    "bonded_wan": (
        "ip link add bond0 type bond mode active-backup",
        "ip link add eth0 type veth peer name modem0; ip link add eth1 type veth peer name modem1",
        "ip link set eth0 master bond0; ip link set eth1 master bond0",
        "ip link set bond0 up; ip link set modem0 up; ip link set modem1 up",
        "ip addr add 192.0.2.2/24 dev bond0; ip route add default via 192.0.2.1 dev bond0",
    ),
    "tunnel_wan": (
        "ip link add eth0 type veth peer name modem; ip link set eth0 up; ip link set modem up",
        "ip tuntap add dev ppp0 mode tun; ip link set ppp0 up",
        "ip addr add 192.0.2.2 peer 198.51.100.1 dev ppp0; ip route add default dev ppp0",
    ),
    "failover": (
        "ip link add eth0 type veth peer name modem; ip link add wwan0 type veth peer name tower",
        "ip link set eth0 up; ip link set modem up; ip link set wwan0 up; ip link set tower up",
        "ip addr add 192.0.2.2/24 dev eth0; ip addr add 198.51.100.2/24 dev wwan0",
        "ip route add default via 192.0.2.1 dev eth0 metric 10",
        "ip route add default via 198.51.100.1 dev wwan0 metric 20",
    ),
}

TABLES = ("dev", "route", "ipv6_route")
FACTS = ("ifindex", "type", "operstate", "carrier", "carrier_changes", "speed", "duplex", "tun_flags")


def make(machine: str, folder: Path) -> bool:
    """Copies a machine's files into a folder of its name; False when this kernel can't make it."""
    script = "set -e; mount -t sysfs sysfs /sys; ip link set lo up; " + "; ".join(MACHINES[machine])
    copier = f'{sys.executable} -c "from tests.testbed.interface_files import copy; copy()"'
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", f"{script}; {copier}"],
        env={**os.environ, "INTO": str(folder / machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{machine}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return done.returncode == 0


def copy() -> None:
    """Copies what the kernel shows in here to ``INTO``."""
    into = Path(os.environ["INTO"])
    for name in TABLES:
        _put(into / "net" / name, Path("/proc/net") / name)
    for interface in Path("/sys/class/net").iterdir():
        for name in (*FACTS, "statistics/rx_bytes", "statistics/tx_bytes"):
            _put(into / "sys" / interface.name / name, interface / name)


def _put(target: Path, source: Path) -> None:
    try:
        text = source.read_text()
    except OSError:  # not there, or EINVAL: this driver can't tell
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


if __name__ == "__main__":
    made = [make(machine, Path(sys.argv[1])) for machine in MACHINES]
    sys.exit(0 if any(made) else 1)
