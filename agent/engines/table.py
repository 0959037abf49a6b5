"""The engines by name. An engine's module is imported when it is called, and not before.

What stays resident on a gateway may read the names here at no cost.
"""

from __future__ import annotations

from importlib import import_module

from agent.engines.plan import Engine, Plan, Reading, Show, Tally


def on_call(module: str, **settings: object) -> Engine:
    """The engine of a module; ``settings`` are keywords of its own that it is called with."""

    def measure(plan: Plan, tally: Tally, show: Show) -> Reading:
        found: Reading = import_module(module).measure(plan, tally, show, **settings)
        return found

    return measure


ENGINES: dict[str, Engine] = {
    "http": on_call("agent.engines.http"),
    "iperf3": on_call("agent.engines.iperf3"),
    "ndt7": on_call("agent.engines.ndt7"),
    "ookla": on_call("agent.engines.ookla"),
    "librespeed-cli": on_call("agent.engines.librespeed_cli"),
    "speedtest-cli": on_call("agent.engines.speedtest_cli"),
}
