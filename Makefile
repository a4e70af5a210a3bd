.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLER := $(BIN)/python tools/installer.py
SIDE_BY_SIDE := $(BIN)/python -m pytest -n auto --dist worksteal -m "not alone and not soak"
IMAGE ?= scribes-auth
ENGINE ?= docker
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IN_PROCESS := *_memory storage_sqlite emails_* passwords_* tokens_* secrets_env secrets_file mail_mailbox
UV := $(INSTALLER) uv pip install --quiet --python $(BIN)/python -c constraints.txt -b constraints.txt

# What one process has compiled, the others need not.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/serve ## Serve on http://localhost:8000 (HOST, PORT and .env are respected)
	@$(BIN)/scribes-auth serve

install: .venv/all ## Make .venv with every extra, for development

test: install check ## Check the style, then run every test
	$(BIN)/python -m pytest -n 2 -m "alone and not soak"
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

check-deploy: install ## Check what is in deploy/, and the workflows; 2 if something can't be checked here
	$(BIN)/python -m tools.deploy

dist: install ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel -d dist

image: ## Build the image, with Docker or another ENGINE
	$(ENGINE) build --file deploy/docker/Dockerfile --tag $(IMAGE):$(VERSION) --tag $(IMAGE) \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION="$$(git rev-parse HEAD)" .

sbom: dist/image.tar ## Tell what is in the image: dist/scribes-auth-VERSION.cdx.json, CycloneDX
	$(BIN)/python -m tools.deploy.image sbom $< > dist/scribes-auth-$(VERSION).cdx.json

scan: dist/image.tar ## Tell what in the image is known to be weak, and mended elsewhere
	$(BIN)/python -m tools.deploy.image scan $<

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

dist/image.tar: install FORCE
	@mkdir -p dist && rm -f $@
	$(ENGINE) save --output $@ $(IMAGE):$(VERSION)

.PHONY: help run install test soak quick check check-deploy dist image sbom scan bench lock clean FORCE
