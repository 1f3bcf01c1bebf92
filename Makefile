# The verbs of the repository. Bare `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
DATA ?= .data
export UV_PYTHON_DOWNLOADS := never

PYTHON ?= python3
UV := .tools/bin/uv
PY := .venv/bin/python
MEMBERS := contracts kernel chassis emulators ops $(sort $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml)))
NPM := $(PY) -m ops npm

.PHONY: help setup web run test test-fast bench check fix lock contracts machine-setup clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.stamp web/dist/.stamp ## make the environment (.venv) and build the web app

.tools/.stamp: tools.lock
	@echo "→ bootstrapping uv (a few seconds)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@sh ops/python-venv.sh $(PYTHON)
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools.lock 2>&1 | grep -v '^WARNING: Location' || true
	@test -x $(UV)
	@touch $@

.venv/.stamp: requirements.lock .tools/.stamp
	@echo "→ installing the locked Python packages (about half a minute the first time)"
	@test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements.lock
	@touch $@

web/node_modules/.stamp: web/package-lock.json web/package.json .venv/.stamp
	@echo "→ installing the locked web packages"
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/.stamp: web/node_modules/.stamp $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json contracts/schemas/openapi.json -type f 2>/dev/null)
	@echo "→ building the web app"
	@$(NPM) run --silent build
	@touch $@

web: web/dist/.stamp ## build the web app

run: setup ## bring up everything on http://localhost:8000, or at PORT=…
	@exec $(PY) -m ops run --port $(PORT) --data $(DATA)

machine-setup:
	@$(PY) -m ops machine --install

test: setup machine-setup ## run every test: unit to browser, against real parts
	$(PY) -m pytest -n 2 --dist loadgroup

test-fast: setup ## unit, contract and architecture tests only
	$(PY) -m pytest tests/unit tests/contract tests/architecture

bench: setup ## measure the text path beside nginx and LiteLLM; ARGS="--quick" for a glance
	@$(PY) -m ops machine --for bench --install
	$(PY) -m tests.bench.text_path $(ARGS)

check: setup ## format, lint, types, imports, house rules, generated files
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m ops generate --check
	$(NPM) run --silent check
	$(PY) -m pytest -q tests/architecture

fix: setup ## format and mend what can be mended
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

contracts: .venv/.stamp ## write the generated files again (OpenAPI, AsyncAPI, permissions, inventory, client)
	$(PY) -m ops generate

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
  $(foreach m,$(MEMBERS),--no-emit-package larabot-$(notdir $(m))) --custom-compile-command 'make lock' $(UPGRADE)
RUNTIME := contracts kernel chassis ops $(filter services/%,$(MEMBERS))

lock: .tools/.stamp ## resolve the two locks again (keeps pins; `make lock UPGRADE="-P name"` moves one)
	$(COMPILE) pyproject.toml $(foreach m,$(MEMBERS),$(m)/pyproject.toml) --group pyproject.toml:dev -o requirements.lock
	$(COMPILE) --constraint requirements.lock $(foreach m,$(RUNTIME),$(m)/pyproject.toml) -o deploy/images/requirements.lock

clean: ## remove what setup and run made
	rm -rf .venv .tools .data .artifacts web/node_modules web/dist
