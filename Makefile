# Two commands do it all: `make demo` runs the main job, `make test` runs the tests.

PYTHON ?= python3
UV_VERSION := 0.13.9
PORT ?= 8000
DATA_DIR ?= demo-data
BIN := .venv/bin
UV := $(BIN)/uv pip
EXPLORER := rewind_gql/server/pages/explorer/manifest.json
EXPLORER_SOURCES := $(addprefix explorer/,.npmrc build.mjs package.json package-lock.json) \
	$(wildcard explorer/src/*)
CLIENTS := $(foreach folder,clients conventions,tests/$(folder)/node_modules/.package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check bench lock released explorer clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/run explorer ## Sync three invented years from pretend providers and serve them (PORT, DATA_DIR)
	@$(BIN)/rewind demo --port $(PORT) --data-dir "$(DATA_DIR)"

test: .venv/dev explorer-required clients chromium ## Check style, types and rooms, then run every test
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not long"

test-long: .venv/dev explorer-required clients chromium ## Every test, the long variants too
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: .venv/dev ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/dev ## Requests a second beside a bare reference, in one run
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.graphql

lock: .venv/dev ## Lock the dependencies again, with hashes and without hosts
	$(UV) compile -q --universal --generate-hashes --no-header --no-emit-index-url -c constraints.txt pyproject.toml --group build -o requirements.txt
	$(UV) compile -q --universal --generate-hashes --no-header --no-emit-index-url pyproject.toml --group build --group dev -c requirements.txt -o requirements-dev.txt

released: clients ## Promise clients the schema as it is; a part of every release
	@node tests/conventions/breaking.mjs schema/released.graphql schema/schema.graphql
	@cp schema/schema.graphql schema/released.graphql

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/run: .venv/bin/uv requirements.txt pyproject.toml
	@$(UV) install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/bin/uv requirements-dev.txt pyproject.toml
	@$(UV) install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@ .venv/run

explorer: ## Build the query page for use without the internet (needs npm; skipped without)
	@if command -v npm >/dev/null && $(MAKE) -s --no-print-directory $(EXPLORER); then :; \
	else echo "The query page is not built (needs npm); it says how when you open it."; fi

.PHONY: explorer-required clients chromium
explorer-required: .ci/need
	@.ci/need npm
	@$(MAKE) -s --no-print-directory $(EXPLORER)

clients: .ci/need
	@.ci/need npm
	@$(MAKE) -s --no-print-directory $(CLIENTS)

chromium: .ci/need
	@.ci/need chromium

$(EXPLORER): $(EXPLORER_SOURCES)
	@cd explorer && npm ci --silent && node build.mjs
	@touch $@

$(CLIENTS): tests/%/node_modules/.package-lock.json: \
		$(addprefix tests/%/,.npmrc package.json package-lock.json)
	@cd tests/$* && npm ci --silent
	@touch $@

clean: ## Remove everything that was made
	rm -rf .venv $(dir $(EXPLORER)) explorer/node_modules tests/*/node_modules demo-data
