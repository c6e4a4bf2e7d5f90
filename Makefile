# Two commands do everything on a machine that has only Python 3.11 or later: `make up` and `make test`.
# Written for GNU make 3.81, which is the one macOS has: no .ONESHELL, no grouped targets.

VENV := .venv
BIN  := $(VENV)/bin

# The first Python that really runs and is new enough: a name on PATH may be a shim with nothing behind it. The base
# interpreter is taken, so that an activated $(VENV) is never asked to remake itself.
PYTHON := $(shell for name in python3.14 python3.13 python3.12 python3.11 python3; do \
    "$$name" -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys._base_executable)' 2>/dev/null && break; done)
VERSION := $(shell "$(PYTHON)" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)

# What is installed is named by what it was made from, so the second run has nothing to do.
RUN_READY := $(VENV)/run-$(VERSION)-$(firstword $(shell cat constraints/run.txt pyproject.toml | cksum))
DEV_READY := $(VENV)/dev-$(VERSION)-$(firstword $(shell cat constraints/dev.txt pyproject.toml | cksum))

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# hkdf, which confluent-kafka's rules need in tests, is one module and comes as source only.
LOCKED  := --require-hashes --only-binary :all: --no-binary hkdf -r
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --no-annotate pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help up test check sim conformance bench fuzz gen constraints install install-dev clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 22

up: $(RUN_READY) ## Install what is needed and start everything in the foreground (ARGS="--data DIR")
	@exec $(BIN)/headwater up $(ARGS)

test: ## Install what is needed and run every check (15 minutes at most on two cores)
	@began=$$(date +%s); $(MAKE) --no-print-directory install-dev && \
	exec $(BIN)/python -m tools.sections --installed-in $$(( $$(date +%s) - began )) $(ARGS)

check: $(DEV_READY) ## Only the static checks: format, lint, types, layers, house rules
	@$(BIN)/python -m tools.sections static

sim: $(DEV_READY) ## The cluster in one thread: SEEDS=1000 for that many, SEED=1234 for that one
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest tests/simulation $(if $(SEED),--seed $(SEED),-n 2 --seeds $(or $(SEEDS),200)) $(ARGS)

conformance: $(DEV_READY) ## Real clients against a real process; also Java, Go and Node where they are
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest tests -ra -m "conformance or java or go or node or long" $(ARGS)

bench: $(DEV_READY) ## Measure against Apache Kafka in the same run
	@$(BIN)/python -m bench $(ARGS)

fuzz: $(DEV_READY) ## Feed mutated frames to the decoders until stopped
	@$(BIN)/python -m tools.fuzz $(ARGS)

gen: $(DEV_READY) ## Generate the protocol and the reference pages anew
	@$(BIN)/python -m tools.codegen $(ARGS)
	@$(BIN)/python -m tools.settings_reference

constraints: $(DEV_READY) ## Compile the pinned dependencies (ARGS=--upgrade for newer ones)
	@$(COMPILE) --group dev --output-file constraints/dev.txt $(ARGS)
	@$(COMPILE) --group build --constraints constraints/dev.txt --output-file constraints/run.txt $(ARGS)

install: $(RUN_READY)
install-dev: $(DEV_READY)

clean: ## Remove what make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(RUN_READY):
	@$(make_venv)
	@echo "Installing Headwater into $(VENV) ..."
	@rm -f $(VENV)/run-* $(VENV)/dev-*
	@$(INSTALL) $(LOCKED) constraints/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY):
	@$(make_venv)
	@echo "Installing Headwater and the tools of its tests into $(VENV) ..."
	@rm -f $(VENV)/run-* $(VENV)/dev-*
	@$(INSTALL) $(LOCKED) constraints/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(RUN_READY) $@

# Keeps a $(VENV) of the same Python. Debian's python3 comes without ensurepip, so uv or virtualenv may stand in;
# --seed because pip installs the rest, whoever made the folder.
define make_venv
test -n "$(VERSION)" || { echo "Headwater needs Python 3.11 or later: install it, then run make again." >&2; exit 1; }; \
if $(BIN)/python -c 'import sys, pip; sys.exit("%d.%d.%d" % sys.version_info[:3] != "$(VERSION)")' 2>/dev/null; then :; \
else rm -rf $(VENV); \
if "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then "$(PYTHON)" -m venv $(VENV); \
elif command -v uv >/dev/null; then uv venv --quiet --seed --python "$(PYTHON)" $(VENV); \
elif command -v virtualenv >/dev/null; then virtualenv --quiet --python "$(PYTHON)" $(VENV); \
else echo "This Python has no ensurepip: install python3-venv (or uv, or virtualenv), then run make again." >&2; exit 1; fi; fi
endef
