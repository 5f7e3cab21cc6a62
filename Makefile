# The two commands of a fresh machine are `make demo` and `make test`; both do their own set-up.
# The work itself is in setup/ and in the relight command; this file only names it.

RELIGHT := .venv/bin/relight
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup browser demo up check test test-fast web bench lock clean

help: ## Show this list
	@echo "Relight: outage and repair dispatch for electricity distribution. What make can do:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: ## Install what is missing on this machine; starts nothing
	@setup/run.sh

browser: setup ## Install a browser as well, which only the tests need
	@setup/run.sh --with-browser

demo: setup ## Start everything and run a storm; ARGS="--headless" without a browser
	@$(RELIGHT) demo $(ARGS)

up: setup ## Start database, worker and API for real use
	@$(RELIGHT) up $(ARGS)

check: setup ## Linters, types and the rules between rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	setup/with_node.sh npm --prefix web run --silent check

test: browser check ## Everything that must pass before a change lands
	setup/with_node.sh npm --prefix web run --silent test
	@# Browser tests mostly wait: a third worker has two cores busy. Each worker begins with files of its own.
	$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

test-fast: setup ## The tests that failed last time, or all, until the first failure; ARGS="tests/gis"
	$(BIN)/pytest --last-failed --exitfirst $(ARGS)

web: setup ## Build the pages (setup does it whenever they changed)

bench: setup ## Measure Relight beside its peers
	$(RELIGHT) benchmark all $(ARGS)

lock: setup ## Choose the newest packages and pin them in requirements.lock
	@setup/lock.sh

clean: ## Remove what set-up put into this folder (data and system packages stay)
	rm -rf .venv .node web/node_modules web/dist .lock-tools .setup.log .setup.unfinished .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
