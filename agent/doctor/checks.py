"""All checks in the order in which a person would look, each within its time and apart from the others.

A check that comes upon what it doesn't expect says so and leaves the others to theirs. Each has ``LIMIT_S``;
they run side by side, for most of them wait for an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from agent.doctor import machine, network, service
from agent.doctor.finding import Finding, doubtful
from agent.doctor.ground import Patient

Check = Callable[[Patient], Finding]

CHECKS: Mapping[str, Check] = {
    "settings": machine.settings,
    "service": service.unit,
    "watchdog": service.watchdog,
    "heartbeat": service.heartbeats,
    "other_agent": service.alone,
    "version": service.version,
    "wan_interface": machine.port,
    "port_speed": machine.speed,
    "processor": machine.processor,
    "disk": service.disk,
    "disk_wear": service.wear,
    "store": service.whole_store,
    "clock": machine.clock_set,
    "gateway": network.gateway,
    "dns": network.names,
    "internet": network.internet,
    "proxy": network.proxy,
    "tls": network.interception,
    "collector": network.collector,
    "token": network.token,
    "version_skew": network.skew,
}
"""By the names that --json has, which stay as they are."""
LIMIT_S = 30.0


def examine(
    patient: Patient, checks: Mapping[str, Check] = CHECKS, limit_s: float = LIMIT_S
) -> dict[str, Finding]:
    """What each check found, by its name."""
    found: dict[str, Finding] = {}

    def look(name: str, check: Check) -> None:
        try:
            found[name] = check(patient)
        except Exception as fault:  # noqa: BLE001  # whatever one check comes upon, the others go on
            found[name] = doubtful(f"couldn't be checked: {type(fault).__name__}: {fault}")

    threads = [
        threading.Thread(target=look, args=(name, check), daemon=True) for name, check in checks.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(limit_s)
    late = doubtful(f"took longer than {limit_s:.0f} s")
    return {name: found.get(name, late) for name in checks}
