"""Gets each answer and tries it as it comes: by asking a person, or from what was given, with nobody to ask.

A person who answers wrongly is told in one line what is expected, and asked again; a file or a flag that is
wrong ends the set-up. The collector comes first, since it knows the site's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent import clock, collector_heard
from agent.config import UploadSettings
from agent.setup import enrolling
from agent.setup.questions import COLLECTOR, INTERFACE, REST, SITE, Question, port_words
from reports.faults import Fault, UsageFault

NONE = "none"
"""Typed where there is no collector."""


@dataclass
class Answering:
    """The answers so far. ``given`` came with the call, ``present`` is in the settings, ``found`` on the
    machine."""

    given: dict[str, dict[str, Any]]
    present: Mapping[str, Mapping[str, Any]]
    found: Mapping[str, Mapping[str, Any]]
    code: str | None
    token_path: Path
    asks: bool
    new_token: bool = False
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def all(self) -> None:
        """Raises Fault for what can't be right, UsageFault for what is missing when nobody can be asked."""
        for table, keys in self.given.items():
            self.answers[table] = dict(keys)
        if not self.asks:
            self._mind_what_is_missing()
        self._collector()
        for question in REST:
            self._take(question)
        self._mind_the_port()

    def _mind_what_is_missing(self) -> None:
        missing = [one.flag for one in REST if one.needed and self._default(one) is None]
        if missing:
            raise UsageFault(f"not told: {', '.join(missing)}; give them as flags or in the file of --from")

    def _default(self, question: Question) -> Any:
        for source in (self.given, self.present, self.found):
            if question.key in source.get(question.table, {}):
                return source[question.table][question.key]
        return None

    def _set(self, question: Question, value: Any) -> None:
        """What the machine suggests by itself isn't written: it holds without a line in the file."""
        by_itself = question.key in ("timezone", "interface") and self._is_of_the_machine(question, value)
        if not by_itself:
            self.answers.setdefault(question.table, {})[question.key] = value

    def _is_of_the_machine(self, question: Question, value: Any) -> bool:
        written = question.key in self.present.get(question.table, {})
        return not written and self.found.get(question.table, {}).get(question.key) == value

    def _take(self, question: Question) -> None:
        default = self._default(question)
        if not self.asks:
            if default is not None:
                self._set(question, default)
            return
        shown = port_words(default)[0] if question is INTERFACE else default
        if question is INTERFACE:
            self._set(question, self._asked(question, default, shown, _interface_there))
        else:
            value = self._asked(question, default, shown)
            if value is not None:
                self._set(question, value)

    def _asked(
        self, question: Question, default: Any, shown: Any, tried: Callable[[Any], None] = lambda _: None
    ) -> Any:
        while True:
            typed = _typed(question.asks, shown)
            if not typed and default is None:
                if not question.needed:
                    return None
                print("  needed for a verdict; a whole number, or 0")
                continue
            try:
                value = question.value(typed) if typed else default
                tried(value)
            except Fault as fault:
                print(f"  {fault}")
                continue
            return value

    def _collector(self) -> None:
        address = self._default(COLLECTOR)
        while True:
            if self.asks:
                typed = _typed(f'{COLLECTOR.asks} ("{NONE}" for none)', address or NONE)
                wanted = typed or address
                wanted = None if wanted == NONE else wanted
            else:
                wanted = address
            try:
                self._try_collector(wanted)
            except Fault as fault:
                if not self.asks:
                    raise
                print(f"  {fault}")
                continue
            return

    def _try_collector(self, address: str | None) -> None:
        present = self.present.get(SITE.table, {}).get(SITE.key)
        wanted = self.given.get(SITE.table, {}).get(SITE.key, present)
        if address is None:
            self.answers.get("upload", {}).pop("collector", None)
            if "collector" in self.present.get("upload", {}):
                raise Fault("the settings name a collector; take [upload] collector out of them first")
            print("  no collector: summaries are kept here and go nowhere")
            if (here := wanted or self._default(SITE)) is not None:
                self._set(SITE, here)
            return
        COLLECTOR.check(address)
        address = address.rstrip("/")
        ca_file = self._ca_file()
        heard = collector_heard.hear(address, ca_file, clock.now())
        print(f"  {address}: reachable")
        if heard.clock_fault:
            print(f"  WARNING {heard.clock_fault}; run: sudo timedatectl set-ntp true")
        elif heard.ahead is not None:
            print("  clock: agrees with the collector's")
        site, self.new_token = enrolling.site_of(
            address, ca_file, self.token_path, self._code, wanted=wanted, present=present
        )
        print(f'  enrolled as "{site}"; the token is in {self.token_path}')
        self.answers.setdefault("upload", {})["collector"] = address
        self.answers.setdefault("site", {})["id"] = site
        if str(self.token_path) != UploadSettings().token_file:
            self.answers["upload"]["token_file"] = str(self.token_path)

    def _ca_file(self) -> str | None:
        for source in (self.given, self.present):
            if named := source.get("upload", {}).get("ca_file"):
                return str(named)
        return None

    def _code(self) -> str:
        if self.code is not None:
            code, self.code = self.code, None  # a code is good for once: the next one is asked for
            return code
        if not self.asks:
            raise UsageFault("no token for the collector yet; give its enrolment code: --code CODE")
        while not (code := _typed("Enrolment code", None)):
            print("  one code from whoever runs the collector")
        return code

    def _mind_the_port(self) -> None:
        interface = self.answers.get("measure", {}).get("interface") or self._default(INTERFACE)
        words, speed = port_words(interface)
        print(f"Interface: {words}")
        bought = self.answers.get("contract", {}).get("down_mbps")
        if speed is not None and bought is not None and speed < bought:
            print(f"  WARNING the port carries {speed:g} Mbps, the contract is of {bought:g}")


def _interface_there(interface: Any) -> None:
    words, _ = port_words(str(interface))
    if words.endswith(", down"):
        raise Fault(f"{words}; expected one that is up, as `ip -brief link` lists them")


def _typed(asks: str, default: Any) -> str:
    shown = "" if default is None else f" [{default}]"
    try:
        return input(f"{asks}{shown}: ").strip()
    except EOFError:
        raise Fault("the answers ended; the settings are as they were") from None
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # refused as any other answer that can't be
