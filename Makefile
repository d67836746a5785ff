# One command each: run, serve, test, lint, format, docs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help run serve test lint format docs clean

help: ## This list.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

run: $(RUN_STAMP) ## Everything: database, server, sample archive, jobs. PORT, BUILDHUB_DATA, ARCHIVE_URL, SAMPLE.
	@exec $(BIN)/buildhub demo

serve: $(RUN_STAMP) ## The server alone. PORT, BUILDHUB_DATA.
	@exec $(BIN)/buildhub serve

test: $(DEV_STAMP) ## The tests. PYTEST_ARGS chooses; REQUIRE_ALL=1 fails what would be skipped.
	$(BIN)/pytest $(PYTEST_ARGS)

lint: $(DEV_STAMP) ## Look, and change nothing.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV_STAMP) ## Put the code in its usual form.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV_STAMP) ## The documentation, in docs/_build/html.
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "See docs/_build/html/index.html"

clean: ## Forget what was installed and built; the data folder stays.
	rm -rf $(VENV) build dist docs/_build *.egg-info

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "BuildHub needs Python 3.11 or later, and $(PYTHON) is `$(PYTHON) --version`. Choose one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml setup.py | $(VENV)
	@echo "Installing BuildHub into $(VENV); this takes about half a minute."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,aws]'
	@touch $@

$(DEV_STAMP): pyproject.toml setup.py | $(VENV)
	@echo "Installing BuildHub and what its tests need into $(VENV); this takes about a minute."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,aws,test,lint,docs]'
	@touch $@ $(RUN_STAMP)
