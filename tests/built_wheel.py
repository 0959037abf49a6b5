"""Builds the wheel and tries it away from the checkout: what people install is what was tested.

Run as ``python -m tests.built_wheel``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOP = {"agent", "collector", "reports", "config"}
DATA = (
    "config/agent.toml",
    "config/collector.toml",
    "config/targets/setda-2-2020-21.toml",
    "config/examples/try-elementary.toml",
    "agent/systemd/bandgap-agent.service",
    "config/packet/es/email.txt",
    "reports/locale/es/LC_MESSAGES/bandgap.mo",
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _pip("wheel", "--no-deps", "--wheel-dir", folder, str(ROOT))
        wheel = next(place.glob("bandgap-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
        tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
        assert tops == TOP, f"the wheel holds {sorted(tops)}"
        tracked = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", *TOP], capture_output=True, text=True, check=True
        ).stdout.split()
        lacking = {*tracked, *DATA} - names
        assert not lacking, f"not in the wheel: {sorted(lacking)}"
        _pip("install", "--no-deps", "--target", str(place / "site"), str(wheel))
        said = subprocess.run(
            [sys.executable, "-P", "-c", _TRY],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(place / "site"), "BANDGAP_STATE_DIR": str(place / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stdout + said.stderr
        assert str(place) in said.stdout, said.stdout
        print(f"{wheel.name}: {wheel.stat().st_size / 1000:.0f} kB, {len(names)} files, its commands work")
    return 0


_TRY = """
import agent, sys
from agent.cli import main
from importlib.metadata import distributions
print(agent.__file__)
for words in (["--version"], ["targets"], ["config", "show"], ["config", "check"], ["report"], ["status"],
              ["report", "--format", "html"], ["report", "--language", "es"], ["collector", "--help"]):
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    assert code == 0, (words, code)
"""


def _pip(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True
    )


if __name__ == "__main__":
    sys.exit(main())
