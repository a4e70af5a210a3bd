.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLER := $(BIN)/python tools/installer.py
SIDE_BY_SIDE := $(BIN)/python -m pytest -n auto --dist worksteal -m "not alone and not soak"
IN_PROCESS := *_memory storage_sqlite emails_* passwords_* tokens_* secrets_env secrets_file mail_mailbox
UV := $(INSTALLER) uv pip install --quiet --python $(BIN)/python -c constraints.txt -b constraints.txt

# What one process has compiled, the others need not.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/serve ## Serve on http://localhost:8000 (HOST, PORT and .env are respected)
	@$(BIN)/scribes-auth serve

install: .venv/all ## Make .venv with every extra, for development

test: install check ## Check the style, then run every test
	$(BIN)/python -m pytest -m "alone and not soak"
	$(SIDE_BY_SIDE)

soak: install ## Run what takes too long for each change: the long form of some tests
	$(BIN)/python -m pytest -m soak

quick: install check ## Check, then test the core, memory, SQLite and the API on memory
	$(SIDE_BY_SIDE) \
	  -k "not caught_by and (unit or adapters or architecture or suites or memory and not Redis)" \
	  tests/unit tests/http tests/e2e/test_journey.py tests/test_architecture.py \
	  tests/test_contract_suites.py \
	  $(foreach it,$(IN_PROCESS),$(wildcard tests/adapters/test_$(it).py))

check: install ## Format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install ## Measure; see bench/README.md
	$(BIN)/python -m bench

lock: install ## Pin every dependency anew in constraints.txt
	$(INSTALLER) uv pip compile --quiet --universal --upgrade --all-extras \
	  --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --no-emit-package secantusdb \
	  pyproject.toml --output-file constraints.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade \
	  --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  tests/clients/tools/requirements.in --output-file tests/clients/tools/requirements.txt

clean: ## Remove what can be made again
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv is only the installer: it is quick, and holds every package to its pinned hash. Where
# packages come from, and whom to trust, is what pip's configuration and the system say.
.venv/uv: constraints.txt
	$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' constraints.txt > .venv/uv.txt
	@$(INSTALLER) pip install --quiet --require-hashes -r .venv/uv.txt
	@touch $@

.venv/serve: .venv/uv pyproject.toml
	$(UV) --editable '.[smtp]'
	@touch $@

.venv/all: .venv/uv pyproject.toml
	$(UV) --editable '.[test,dev]'
	@touch $@ .venv/serve

.PHONY: help run install test soak quick check bench lock clean
