SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

ARGS ?=
PYTEST_ARGS ?= -n 2
UPGRADE ?=

BIN := .venv/bin
NODE := tests/contract/node
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make pins' $(UPGRADE)

.PHONY: help demo check bench bench-large format lint test nightly pins clean system

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .make/run ## a server full of believable deals; ARGS='--port 9000' and the like
	@$(BIN)/dealflow demo --ready-file demo.json $(ARGS)

check: system lint test ## all that has to pass: lint, format, types, imports, tests; installs what is missing

bench: .make/bench ## measure the server and write bench/RESULTS.md; ARGS go to it
	@scripts/system-packages wrk
	$(BIN)/python -m bench $(ARGS)

bench-large: .make/bench ## the statistics of ten million stage changes; writes bench/LARGE.md
	$(BIN)/python -m bench --large $(ARGS)

format: .make/dev ## rewrite the code as the formatter and the safe fixes want it
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

lint: .make/dev ## lint, format check, types, direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .make/dev $(NODE)/node_modules/.package-lock.json ## all tests; PYTEST_ARGS='-n 2 -k deals' and the like
	$(BIN)/python -m pytest $(PYTEST_ARGS)

nightly: .make/dev $(NODE)/node_modules/.package-lock.json ## all tests at length, for hours: 1,000 examples a route, 200 kills
	NIGHTLY=1 $(BIN)/python -m pytest -o timeout=14400 $(PYTEST_ARGS)

pins: .make/uv ## recompile requirements/; UPGRADE=--upgrade takes the newest releases
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) --group bench -c requirements/dev.txt -o requirements/bench.txt
	$(COMPILE) --group bootstrap -o requirements/uv.txt

clean: ## remove caches, build products and installed node packages; .venv stays
	rm -rf .make .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist $(NODE)/node_modules
	find src tests bench -name node_modules -prune -o -name __pycache__ -type d -exec rm -rf {} +

# Before anything long runs: a missing program is told at once, not after the linters.
system:
	@scripts/system-packages postgresql nodejs npm

# A stamp is older than the file it depends on, or than a new .venv, when there is something to install.
.venv/pyvenv.cfg:
	@for python in python3.11 python3 python3.12 python3.13 python3.14; do \
		if "$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" -m venv .venv; \
		fi; \
	done; \
	echo "dealflow needs Python 3.11 or newer with its venv module (Debian: apt-get install python3 python3-venv)" >&2; exit 1

.make/uv: requirements/uv.txt .venv/pyvenv.cfg
	@mkdir -p .make
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.make/run: requirements/run.txt pyproject.toml .make/uv
	$(INSTALL) --require-hashes -r $<
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.make/dev: requirements/dev.txt .make/run
	$(INSTALL) --require-hashes -r $<
	@touch $@

.make/bench: requirements/bench.txt .make/dev
	$(INSTALL) --require-hashes -r $<
	@touch $@

$(NODE)/node_modules/.package-lock.json: $(NODE)/package.json $(NODE)/package-lock.json | system
	npm ci --prefix $(NODE) --no-audit --no-fund --loglevel=error
	@touch $@
