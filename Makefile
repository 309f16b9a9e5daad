# Needs Python 3.11 or later and make; everything else is installed into .venv.
# TENURE_HOME moves all state: make demo TENURE_HOME=/some/folder

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
BIN := .venv/bin
READY := .venv/.installed
# A home for checks that load the definitions: they must not touch the one you work with.
SCRATCH := $(CURDIR)/.venv/scratch
# A home holds one company: the operator never shares one with the retailer.
TELECOM_HOME ?= $(CURDIR)/warehouse/var-telecom
DG := VIRTUAL_ENV=$(CURDIR)/.venv TENURE_HOME=$(SCRATCH) DAGSTER_HOME=$(SCRATCH)/dagster_home $(BIN)/dg

# For the tools that recipes call themselves; `tenure` switches telemetry off by itself.
export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-telecom dev test faults lint format docs bench bench-load bench-identity bench-truth clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install the locked packages into .venv (again when the lock changes)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Tenure needs Python 3.11 or later; '$(PYTHON)' is not. Install it, or: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing the locked packages into .venv (once; a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@# --no-deps: the lock is complete, and older pips stumble over extras when they check hashes.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## A year of real retail data from delivered files to a published release
	@$(BIN)/tenure init
	@$(BIN)/tenure demo retail
	@$(BIN)/tenure run

demo-telecom: $(READY) ## A simulated telecom operator with thirteen source systems, in a home of its own
	@TENURE_HOME=$(TELECOM_HOME) $(BIN)/tenure demo telecom
	@TENURE_HOME=$(TELECOM_HOME) $(BIN)/tenure init
	@TENURE_HOME=$(TELECOM_HOME) $(BIN)/tenure run

dev: $(READY) ## Open Dagster's page: assets, checks, runs, schedules
	@$(BIN)/tenure dev

test: $(READY) ## Unit, project-rule, integration and quick fault tests, a file of tests a core
	@$(BIN)/pytest tests --ignore=tests/bench --ignore=tests/faults/street -n auto --dist loadfile

faults: $(READY) ## Kill runs at every durable step, fill the disk, damage files; takes long
	@$(BIN)/pytest tests/faults --timeout=3600 -n auto --dist worksteal

lint: $(READY) ## Style, types, import rules, SQL style, definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 dbt/models warehouse/queries
	@mkdir -p $(SCRATCH)/dagster_home && cp dagster_project/dagster.yaml $(SCRATCH)/dagster_home
	$(DG) check yaml
	$(DG) check defs

format: $(READY) ## Format Python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## Write docs/cli.md and docs/features.md from what they describe
	$(BIN)/typer dagster_project.cli utils docs --name tenure --output docs/cli.md
	$(BIN)/python -m dagster_project.publish.feature_dictionary

bench: $(READY) ## Compare the daily job with a hand-written script, at 1x, 10x and 50x
	$(BIN)/python tests/bench/bench.py

.PHONY: bench-groups
bench-groups: $(READY) ## Time groups by 200 tags and timelines at 1 million customers
	$(BIN)/python tests/bench/groups.py

bench-truth: $(READY) ## Compare the home of demo-telecom with the simulator's truth: who is who, onset of churn, topics
	$(BIN)/python tests/bench/truth.py --home $(TELECOM_HOME)

bench-load: $(READY) ## Compare the loader with DuckDB's plain readers at 10 million rows
	$(BIN)/python tests/bench/load.py

bench-identity: $(READY) ## Compare identity resolution with Splink alone at 1 million records
	$(BIN)/python tests/bench/identity.py

clean: ## Remove caches and built files; state stays
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Also remove .venv and the state in warehouse/var and warehouse/var-telecom
	@rm -rf .venv warehouse/var warehouse/var-telecom
