# make try     one school, end to end, on this machine in about a minute (KEEP=1 leaves it running)
# make test    format, lint, types, import rules and tests: all that CI runs
# make faults  clocks, counters and restarts in any order, at length (FAULTS=2000 cases of 50 steps)
# make truth   the engines against lines of known rate, and docs/truth.md (root; 15 minutes)
# make footprint  the resident agent's memory, processor time and writes beside other daemons' (12 minutes)
# make report-speed  what reports cost from three months and from three years of samples
# make store-size  three years of samples: how large the store is, and what it writes a day, beside vnstatd
# make fix     let the formatter and the linter mend what they can
# make clean   take away what make made

PYTHON ?= python3
PORT ?= 8642
FAULTS ?= 2000
BIN := .venv/bin
FLOOR := .venv-floor/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: faults truth footprint store-size report-speed try test lint unit floor wheel fix clean

try: .venv/.ready
	@$(BIN)/python -m tests.walkthrough --port $(PORT) $(if $(KEEP),--keep)

test: lint unit floor wheel

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/.dev tests/.system
	$(BIN)/pytest

# The agent and the reports on the oldest libraries it promises to run on: Debian 12's.
floor: .venv-floor/.ready tests/.system
	$(FLOOR)/python -m pytest tests/agent tests/reports

# What people install is the wheel, so the wheel is tested too.
wheel: .venv/.dev
	$(BIN)/python -m tests.built_wheel

faults: .venv/.dev
	BANDGAP_FAULT_EXAMPLES=$(FAULTS) BANDGAP_FAULT_STEPS=50 $(BIN)/pytest --timeout 7200 tests/faults

truth: .venv/.dev tests/.system
	$(BIN)/python -m benchmarks.truth --suite docs/truth.md --repeats 2

footprint: .venv/.dev
	$(BIN)/python -m benchmarks.footprint

store-size: .venv/.dev
	$(BIN)/python -m benchmarks.store_size --years 3 --minutes 10

report-speed: .venv/.dev
	$(BIN)/python -m benchmarks.report_speed

fix: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-floor .try tests/.system .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "make: bandgap needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "make: Python's venv module is missing; install it with: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.ready: pyproject.toml | .venv/bin/python
	@echo "Installing bandgap and its collector into .venv ..."
	@$(BIN)/python -m pip install --quiet --editable '.[collector]' || \
	  { echo "make: the packages can't be installed; is the package index reachable? (pip's words are above)"; exit 1; }
	@touch $@

.venv/.dev: pyproject.toml .venv/.ready
	@$(BIN)/python -m pip install --quiet --editable '.[collector,dev]'
	@touch $@

.venv-floor/.ready: tests/floor.txt
	@$(PYTHON) -m venv .venv-floor
	@$(FLOOR)/python -m pip install --quiet --requirement tests/floor.txt
	@touch $@

# What the tests use of the system, installed where that can be done.
tests/.system: tests/system_packages.sh
	@sh tests/system_packages.sh
	@touch $@
