# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help run serve test lint format docs screenshots clean

help: ## List the targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

run: $(RUN_STAMP) ## Run everything, with sample data. PORT, BUILDHUB_DATA, SAMPLE, ARCHIVE_URL.
	@exec $(BIN)/buildhub demo

serve: $(RUN_STAMP) ## Run only the server. PORT, BUILDHUB_DATA.
	@exec $(BIN)/buildhub serve

test: $(DEV_STAMP) ## Run the tests. PYTEST_ARGS selects; REQUIRE_ALL=1 fails tests instead of skipping them.
	$(BIN)/pytest -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(DEV_STAMP) ## Check style and types; change nothing.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV_STAMP) ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV_STAMP) ## Build the documentation, in docs/_build/html.
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "See docs/_build/html/index.html"

screenshots: $(DEV_STAMP) ## Take pictures of the pages, into docs/images. URL of a running demo, else it starts one.
	$(BIN)/python -m tests.browser.screenshots $(URL)

clean: ## Remove what was installed and built; keep the data folder.
	rm -rf $(VENV) build dist docs/_build *.egg-info

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "BuildHub needs Python 3.11 or later, and $(PYTHON) is `$(PYTHON) --version`. Choose one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml setup.py | $(VENV)
	@echo "Installing BuildHub into $(VENV); this takes a minute or two."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,aws]'
	@touch $@

$(DEV_STAMP): pyproject.toml setup.py | $(VENV)
	@echo "Installing BuildHub and the tools for its tests into $(VENV); this takes a few minutes."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,aws,test,lint,docs]'
	@touch $@ $(RUN_STAMP)
