"""The agent's settings: ``agent.toml``, read strictly into frozen dataclasses.

Every key has a default but the site's own facts, so that a check or a report works with no file at all;
``missing_for_a_verdict`` says what such a run lacks.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from agent.cadence import Cadence
from agent.engines.server_address import (
    HTTP_FORM,
    IPERF3_FORM,
    IRTT_FORM,
    NDT7_FORM,
    OOKLA_FORM,
    PIN_FORM,
    TEST_FORM,
    http_server,
    iperf3_server,
    irtt_server,
    ndt7_server,
    ookla_server,
    pins,
    test_server,
    test_servers,
)
from agent.paper import ReportSettings
from agent.policy import KEY_FORM, PolicySettings
from agent.retention import StoreSettings
from agent.setting_forms import host_name, hosts_and_ports, loopback, plain_url, private_url, textfile
from agent.snmp.settings import SnmpSettings
from reports.cost_settings import CostSettings, ErateSettings
from reports.evidence import EvidenceRule
from reports.faults import ConfigFault
from reports.homework_settings import HomeworkSettings
from reports.mail.settings import EmailSettings
from reports.periods import SchoolHours
from reports.publisher import PacketSettings
from reports.settings import duration, read_tables, setting
from reports.sites import Contract, Site
from reports.windows import EXPECTED, Window, windows

METERED = ("satellite", "mobile")
METERED_BUDGET_GB = 5.0
"""A month of light tests twice a day, or a tenth of a common 50 GB plan."""

DemandFrom = Literal["interface", "gateway"]


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How samples are taken. Intervals are in seconds once read."""

    interface: str = "auto"
    sees_all_traffic: bool = True
    poll_every: float = setting(1.0, parse=duration, expect='an interval as in "1s"')
    test_every: float = setting(21_600.0, parse=duration, expect='an interval as in "6h"')
    engines: tuple[str, ...] = ("http", "speedtest-cli")
    server: str | None = setting(None, parse=test_server, expect=TEST_FORM)
    more_servers: tuple[str, ...] = setting((), parse=test_servers, expect=f"a list, each {TEST_FORM}")
    server_pins: tuple[str, ...] = setting((), parse=pins, expect=f"a list of {PIN_FORM}")
    max_test_mb: int = setting(1500, low=1, high=100_000)
    iperf3_server: str | None = setting(None, parse=iperf3_server, expect=IPERF3_FORM)
    iperf3_wait: float = setting(60.0, parse=duration, expect='a length of time as in "1m"')
    ndt7_server: str | None = setting(None, parse=ndt7_server, expect=NDT7_FORM)
    ndt7_consent: bool = False
    ookla_server: str | None = setting(None, parse=ookla_server, expect=OOKLA_FORM)
    ookla_licence_accepted: bool = False
    librespeed_server: str | None = setting(None, parse=http_server, expect=HTTP_FORM)
    irtt_server: str | None = setting(None, parse=irtt_server, expect=IRTT_FORM)


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """When throughput tests may be made, and what they may cost."""

    quiet: tuple[Window, ...] = setting((), parse=windows, expect=f"a list of {EXPECTED}")
    full_tests: tuple[Window, ...] = setting((), parse=windows, expect=f"a list of {EXPECTED}")
    light_test_mb: int = setting(40, low=1, high=100_000)
    long_tests: bool = True
    budget_gb: float | None = setting(None, low=0.001)


@dataclass(frozen=True, slots=True)
class ReachabilitySettings:
    """How it is found out whether the Internet is in reach. ``hosts`` are names or addresses with a port."""

    enabled: bool = True
    every: float = setting(60.0, parse=duration, expect='an interval as in "1m"')
    hosts: tuple[tuple[str, int], ...] = setting(
        (("www.gstatic.com", 443), ("www.microsoft.com", 443), ("1.1.1.1", 443)),
        parse=hosts_and_ports,
        expect='a list of hosts with their ports, as in ["www.example.org:443"]',
    )
    dns_name: str = setting("www.gstatic.com", parse=host_name, expect="a host name")
    portal_check: str = setting(
        "http://www.gstatic.com/generate_204", parse=plain_url, expect='an http:// address, or "" for none'
    )


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """Which target sets the site is held against; the first is the one the verdict speaks of."""

    sets: tuple[str, ...] = ("setda-2-2020-21", "setda-3-2023-24", "fcc-2014-long")
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """Where summaries go. Without a collector they are made and kept, and wait."""

    collector: str | None = setting(
        None,
        parse=private_url,
        expect="an https:// address (http:// only on this machine: the token would travel in clear)",
    )
    token_file: str = "/etc/bandgap/token"  # noqa: S105  # a path, not a token
    every: float = setting(3600.0, parse=duration, expect='an interval as in "1h"')
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where Prometheus finds the agent's own figures; nowhere unless it is told."""

    textfile: str | None = setting(None, parse=textfile, expect='an absolute path that ends in ".prom"')
    listen: tuple[str, int] | None = setting(
        None, parse=loopback, expect='a port of this machine alone, as in "127.0.0.1:9469" or "[::1]:9469"'
    )


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """All of ``agent.toml``."""

    site: Site
    contract: Contract
    measure: MeasureSettings
    snmp: SnmpSettings
    schedule: ScheduleSettings
    reachability: ReachabilitySettings
    targets: TargetSettings
    evidence: EvidenceRule
    cost: CostSettings
    erate: ErateSettings
    homework: HomeworkSettings
    report: ReportSettings
    store: StoreSettings
    upload: UploadSettings
    metrics: MetricsSettings
    email: EmailSettings
    packet: PacketSettings
    policy: PolicySettings
    path: Path | None = None

    @property
    def server(self) -> str | None:
        """The measurement server of the http engine: the configured one, else the collector's own."""
        return self.measure.server or self.upload.collector

    @property
    def servers(self) -> tuple[str, ...]:
        """All of the http engine's servers, in the order in which they are tried."""
        return tuple(dict.fromkeys([*filter(None, [self.server]), *self.measure.more_servers]))

    @property
    def demand_from(self) -> DemandFrom | None:
        """Whose counters tell what the school demands; None when nobody's do."""
        if self.snmp.address is not None:
            return "gateway"
        return "interface" if self.measure.sees_all_traffic else None

    @property
    def budget_bytes(self) -> float | None:
        """What tests may move in a calendar month, both ways; None for no bound.

        A metered line has one even where none is set: what it costs isn't the agent's to decide.
        """
        if self.schedule.budget_gb is not None:
            return self.schedule.budget_gb * 1e9
        return METERED_BUDGET_GB * 1e9 if self.contract.connection in METERED else None

    @property
    def most_test_bytes(self) -> int:
        """What a test may move each way."""
        return self.measure.max_test_mb * 1_000_000

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    def cadence(self, every_s: float | None = None) -> Cadence:
        """When tests are made here; ``every_s`` replaces the mean gap, to stretch it."""
        return Cadence(
            every_s=every_s or self.measure.test_every,
            seed=self.site.id or self.site.name,
            zone=self.zone,
            hours=SchoolHours.of(self.site),
            quiet=self.schedule.quiet,
            full=self.schedule.full_tests,
            long_tests=self.schedule.long_tests and self.contract.connection not in METERED,
        )

    @property
    def missing_for_a_verdict(self) -> str | None:
        """One line on what must be told before a verdict can be, or None."""
        missing = [f"site.{key}" for key in ("students", "staff") if getattr(self.site, key) is None]
        if self.contract.down_mbps is None:
            missing.append("contract.down_mbps")
        if not missing:
            return None
        where = self.path or "agent.toml (see `bandgap config show`)"
        return f"For a verdict, set {', '.join(missing)} in {where}."


KINDS = {
    "site": Site,
    "contract": Contract,
    "measure": MeasureSettings,
    "snmp": SnmpSettings,
    "schedule": ScheduleSettings,
    "reachability": ReachabilitySettings,
    "targets": TargetSettings,
    "evidence": EvidenceRule,
    "cost": CostSettings,
    "erate": ErateSettings,
    "homework": HomeworkSettings,
    "report": ReportSettings,
    "store": StoreSettings,
    "upload": UploadSettings,
    "metrics": MetricsSettings,
    "email": EmailSettings,
    "packet": PacketSettings,
    "policy": PolicySettings,
}


def load(path: Path | None, *, zone: str) -> AgentConfig:
    """Reads and checks a settings file; None gives the defaults. ``zone`` is the machine's time zone.

    Raises ConfigFault with one line that names file, key, what was found and what is expected.
    """
    text = ""
    if path is not None:
        try:
            text = path.read_bytes().decode()
        except OSError as fault:
            raise ConfigFault(f"{path}: can't be read: {fault.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigFault(f"{path}: is not UTF-8 text, expected a TOML file") from None
    return parse(text, path, zone=zone)


def parse(text: str, path: Path | None, *, zone: str) -> AgentConfig:
    """``load`` on text that was read already."""
    where = str(path or "agent.toml")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"{where}: not valid TOML: {fault}") from None
    config = AgentConfig(**read_tables(KINDS, data, where), path=path)
    if config.snmp.address is not None and config.snmp.interface is None:
        raise ConfigFault(f'{where}: [snmp] interface: missing, expected a port of the gateway as in "eth0"')
    if config.email.wrong is not None:
        raise ConfigFault(f"{where}: [email] {config.email.wrong}")
    if config.erate.wrong is not None:
        raise ConfigFault(f"{where}: [erate] {config.erate.wrong}")
    if config.policy.follow and config.policy.key is None:
        raise ConfigFault(f"{where}: [policy] key: missing beside follow, expected {KEY_FORM}")
    site_table = data.get("site", {})
    if "timezone" not in site_table:
        config = dataclasses.replace(config, site=dataclasses.replace(config.site, timezone=zone))
    return config
