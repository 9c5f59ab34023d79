# Frontdesk: `make demo` shows it, `make test` checks it, `make help` lists the rest.
# Needs make, python3 (3.11 or newer) with venv, and the network for the first run; everything else lands in .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
DATA ?= .demo
# How many processes, and which files begin: tests/conftest.py. The tests of one file stay together.
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# `node` and `npm` of the virtual environment come first.
export PATH := $(BIN):$(PATH)
# Mypy takes one processor and as long as all the others.
TOGETHER = $(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# Containers often set it; each server a test starts would compile its sources anew, which is half of a start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test faults lint tools ruff mypy tsc vitest format types pages dev chromium bench screenshots clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 14

demo: $(VENV)/.demo pages ## a shop with the widget and two agents' consoles, on http://127.0.0.1:8080
	@$(BIN)/frontdesk demo --host $(HOST) --port $(PORT) --data $(DATA)

test: tools chromium ## everything: lint, types, TypeScript and Python tests, the pages in Chromium
	@$(TOGETHER) ruff mypy tsc vitest
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

faults: dev pages ## kills, full disks, cut cables: every row of docs/faults.md in full, with a table; half an hour
	@$(BIN)/python -m tests.faults

lint: tools ## ruff, mypy, tsc
	@$(TOGETHER) ruff mypy tsc

tools: dev pages node_modules/.frontdesk-lock

# Each alone, once the tools are there.
ruff:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
mypy:
	@$(BIN)/mypy
tsc:
	@npm run --silent check
vitest:
	@npm test --silent

format: dev ## put Python into the house's form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

types: dev node_modules/.frontdesk-lock ## widget/client/generated.ts and docs/protocol.md from server/wire
	@PYTHON=$(BIN)/python npm run --silent types
	@$(BIN)/python -m server.wire.reference >docs/protocol.md

pages: | $(VENV)/.demo ## build widget, console and demo page, if their sources have changed
	@$(BIN)/python hatch_build.py

dev: $(VENV)/.dev ## the virtual environment with all tools

bench: dev pages ## all that has a budget, each beside its baseline; ten minutes on an idle machine
	@$(BIN)/python -m bench

screenshots: dev pages chromium ## take the pictures of docs/screenshots anew
	@$(BIN)/python -m tests.e2e.screenshots

clean: ## remove everything that was made, the demo's data included
	rm -rf $(VENV) node_modules server/http/built server/http/built.* dist build .demo
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's headless shell needs half of the processor's time of the whole browser; where there is none, the browser does.
chromium:
	@if command -v chromium-headless-shell >/dev/null; then exit; fi; \
	if [ "$$(id -u)" = 0 ]; then root=env; elif sudo -n true 2>/dev/null; then root="sudo -n"; else root=; fi; \
	if command -v apt-get >/dev/null && [ -n "$$root" ]; then \
		echo "Installing a browser for the tests."; \
		get="$$root DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20"; \
		$$get update >/dev/null 2>&1 || true; \
		$$get install -y --no-remove chromium-headless-shell >/dev/null 2>&1 && exit; \
		command -v chromium >/dev/null || $$get install -y chromium >/dev/null && exit; \
	fi; \
	command -v chromium >/dev/null || { \
		echo "The browser tests need Chromium: please install 'chromium-headless-shell' or 'chromium' of your distribution." >&2; \
		exit 1; }

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Frontdesk needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	@echo "Setting up $(VENV); the first time this takes about a minute."
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: please install your distribution's package 'python3-venv'." >&2; exit 1; }

# Stamps lie inside .venv: without it, they are gone too.
$(VENV)/.demo: pyproject.toml hatch_build.py | $(VENV)/bin/python
	@$(PIP) install --quiet -e '.[pages]'
	@touch $@

$(VENV)/.dev: pyproject.toml hatch_build.py | $(VENV)/bin/python
	@$(PIP) install --quiet -e '.[dev]'
	@touch $@ $(VENV)/.demo

# Written by hatch_build.py, which runs `npm ci` when the lock file has changed.
node_modules/.frontdesk-lock: package-lock.json | $(VENV)/.dev
	@$(BIN)/python hatch_build.py --modules
	@touch $@
