"""The engines by name. An engine's module is imported when it is called, and not before.

What stays resident on a gateway may read the names here at no cost.
"""

from __future__ import annotations

from importlib import import_module

from agent.engines.plan import Engine, Plan, Reading, Show, Tally


def _on_call(module: str) -> Engine:
    def measure(plan: Plan, tally: Tally, show: Show) -> Reading:
        engine: Engine = import_module(module).measure
        return engine(plan, tally, show)

    return measure


ENGINES: dict[str, Engine] = {
    "http": _on_call("agent.engines.http"),
    "speedtest-cli": _on_call("agent.engines.speedtest_cli"),
}
