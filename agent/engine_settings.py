"""What the settings say to each engine: its server, and what else it must be told."""

from __future__ import annotations

from agent.config import AgentConfig, MeasureSettings
from agent.engines.plan import Engine
from agent.engines.table import ENGINES, on_call


def server(engine: str, config: AgentConfig) -> str | None:
    """The server that an engine is to use; None for the one that it finds itself."""
    measure = config.measure
    return {
        "http": config.server,
        "iperf3": measure.iperf3_server,
        "ndt7": measure.ndt7_server,
        "ookla": measure.ookla_server,
        "librespeed-cli": measure.librespeed_server,
    }.get(engine)


def servers(engine: str, config: AgentConfig) -> tuple[str | None, ...]:
    """All the servers that an engine may use, in their order; only the http engine has several."""
    return (engine == "http" and config.servers) or (server(engine, config),)


def lacking(engine: str, its_server: str | None, config: AgentConfig) -> bool:
    """Whether an engine lacks what it can't do without, and so will ask nobody on the network."""
    if engine == "ndt7":
        return its_server is None and not config.measure.ndt7_consent
    return engine in ("http", "iperf3") and its_server is None


def table(settings: MeasureSettings) -> dict[str, Engine]:
    """All engines, those with settings of their own told of them."""
    return ENGINES | {
        "iperf3": on_call("agent.engines.iperf3", wait_s=settings.iperf3_wait),
        "ndt7": on_call("agent.engines.ndt7", consent=settings.ndt7_consent),
        "ookla": on_call("agent.engines.ookla", licence_accepted=settings.ookla_licence_accepted),
    }
