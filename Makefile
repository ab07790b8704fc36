# One word a task. `make` alone explains.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# uv installs in seconds what takes pip more than a minute; both read the same lock, and take a file by its hash only.
# On a terminal pip shows what it fetches.
UV := $(shell command -v uv 2>/dev/null)
PIP_QUIET := $(if $(MAKE_TERMOUT),,--quiet)
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install $(PIP_QUIET) --disable-pip-version-check) --no-deps
LOCKED = $(INSTALL) --require-hashes
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Libraries are compiled once, into the environment, whatever the caller's shell says: it halves the start of a night.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help refresh check test cover accept ui sql fast site lock release clean

help: ## what there is to do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(VENV)/base.stamp: requirements/build.lock requirements/base.lock pyproject.toml
	@test -x $(BIN)/python || echo "[1/3] an environment of its own in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "[2/3] $$(grep -c '==' requirements/base.lock) locked packages by $(if $(UV),uv (seconds),pip (a minute or two))"
	@$(LOCKED) -r requirements/build.lock -r requirements/base.lock
	@echo "[3/3] the program itself"
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: requirements/test.lock requirements/spark.lock requirements/notebook.lock $(VENV)/base.stamp
	@$(LOCKED) -r requirements/test.lock
	@$(LOCKED) --no-build-isolation -r requirements/spark.lock
	@$(LOCKED) -r requirements/notebook.lock
	@touch $@

refresh: $(VENV)/base.stamp ## run one night: environment, feeds, models, gates, statistics, release, summary
	@cartwright refresh

# The checkout under the name that its folders are imported by: for programs that read code without importing it.
.view/cartwright:
	@mkdir -p .view && ln -s .. $@

# sqlfluff needs a third of a second a model: only those that changed are read, all when a macro or a rule did.
MODELS := $(shell find sql/models studies -name '*.sql')
$(VENV)/sql.stamp: $(MODELS) $(wildcard sql/macros/*.sql tests/sql/stand_ins/*.py) .sqlfluff requirements/test.lock
	@sqlfluff lint --disable-progress-bar $(if $(filter-out $(MODELS),$?),sql/models studies,$?)
	@touch $@

check: $(VENV)/test.stamp .view/cartwright ## what needs no test to be seen: form, imports, types, SQL
	@ruff check . && ruff format --check --quiet .
	@deptry .
	@lint-imports
	@mypy
	@$(MAKE) --silent $(VENV)/sql.stamp

test: check ## everything that must pass, in minutes
	@python -m pytest -n 2 --dist loadfile --durations 20

fast: check ## the tests that take seconds
	@python -m pytest -m "not slow and not browser"

cover: check ## which lines the tests that take seconds never run; fails below the floor of pyproject.toml
	@coverage run -m pytest -m "not slow and not browser"
	@coverage report

accept: $(VENV)/test.stamp ## the long proofs, each figure beside its target
	@python -m benchmarks.accept

ui: $(VENV)/base.stamp ## Dagster on 127.0.0.1:3000, with the daemon that fires the nightly schedule
	@cartwright ui

sql: $(VENV)/base.stamp ## analyst shell on the current release
	@cartwright sql

# The data dictionary is that of the current release: of another house, CARTWRIGHT_HOME.
site: $(VENV)/test.stamp ## the documents as a site in site/, with the data dictionary; wants a night before
	@python -m handbook site

# Versions stay as they are where they still fit; `UPGRADE=--upgrade` takes the newest.
lock: $(VENV)/test.stamp ## versions and hashes of the libraries anew (needs uv), and the page of their licences
	$(if $(UV),,$(error make lock needs uv: install it (https://docs.astral.sh/uv) and put it on the PATH))
	@cd requirements && for name in build base test calibration spark notebook; do \
		$(UV) pip compile $$name.in -o $$name.lock --override without.txt --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate --quiet $(UPGRADE) || exit 1; done
	@$(LOCKED) -r requirements/base.lock -r requirements/test.lock -r requirements/spark.lock -r requirements/notebook.lock
	@python -m supply.materials --licences

release: $(VENV)/test.stamp ## what is handed on of a version, in dist/: wheel, lock, bill of materials (CycloneDX)
	@rm -rf dist && mkdir dist
	@python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@cp requirements/base.lock dist/
	@python -m supply.materials dist/cartwright-$$(cartwright --version).cdx.json
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

clean: ## remove the environment; feeds, releases and the build file stay
	@rm -rf $(VENV)
