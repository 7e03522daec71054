# `make demo`: everything from a fresh clone to the open page. `make test`: the tests. PORT moves the page
# (the command reads it: 8501 where it is empty), WORKERS says how many processes run the tests.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo test check bench screenshots clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# torch comes first and pinned: unpinned, pip may choose a build with gigabytes of GPU libraries.
$(VENV)/demo: pyproject.toml constraints.txt
	@echo "Installing the pinned packages into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/test: $(VENV)/demo
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo,test]'
	@touch $@

demo: $(VENV)/demo ## Build the demo where it is missing, then open the page
	@$(BIN)/workbench demo

test: $(VENV)/test ## Run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/test ## Check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(VENV)/test $(VENV)/demo ## Measure the sweep against other libraries, and reading, building and reviewing by size (about 45 minutes)
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo,test,bench]'
	@$(BIN)/workbench demo --build-only
	@$(BIN)/python -m tests.benchmarks.sweep
	@$(BIN)/python -m tests.benchmarks.corpus
	@$(BIN)/python -m tests.benchmarks.scale --rows 20000 140000 1000000
	@$(BIN)/python -m tests.benchmarks.chart

screenshots: $(VENV)/test ## Take the README's screenshots of the demo page
	@$(BIN)/python -m tests.screenshots

clean: ## Remove the virtual environment and everything built
	rm -rf $(VENV) .workbench
