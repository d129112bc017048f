# Two commands: `make demo` and `make test`. Each makes .venv and installs what it needs, once. `make help` lists all.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_DATA := .testdata
PEERS := .venv-peers

.PHONY: demo run test test-quick test-postgresql test-long soak lint check reference constraints pictures bench bench-quick bench-peers help clean

demo: $(VENV)/.serve ## talk to Matinee in the browser, on real ratings, without Telegram
	@$(BIN)/matinee demo

run: $(VENV)/.serve ## the same bot on Telegram, with MATINEE_TELEGRAM_TOKEN
	@$(BIN)/matinee run

# A module is split between workers where one would be idle, and there is one more than cores, as tests wait a lot.
# Compiled files are kept, whatever the surroundings say: each process that a test starts needs them.
# ONLY narrows a run down to files, names or markers.
PYTEST = PYTHONDONTWRITEBYTECODE= MATINEE_TEST_DATA=$(CURDIR)/$(TEST_DATA) $(BIN)/python -m pytest -n 3 --dist worksteal
ONLY ?=

test: $(VENV)/.develop $(TEST_DATA)/ml-100k ## what a change can break, in under five minutes; ONLY="FILE" or ONLY="-k NAME": less
	@$(PYTEST) $(if $(AT_MOST),--at-most $(AT_MOST)) -m "not check and not soak" $(ONLY)

test-quick: $(VENV)/.develop $(TEST_DATA)/ml-100k ## in under a minute what needs no process, no browser and no PostgreSQL
	@MATINEE_TEST_DATABASES=sqlite $(PYTEST) --ignore tests/e2e --ignore tests/package \
		--hypothesis-profile few -m "not process and not real and not check and not soak" $(ONLY)

# Left out: the page, the docs, a first start, moving, trainings, workers and writes, which are on both databases where it
# matters, and moderation, whose test plants rows in the SQLite file.
test-postgresql: $(VENV)/.develop $(TEST_DATA)/ml-100k ## every conversation once more, on PostgreSQL
	@MATINEE_TEST_DATABASES=postgresql $(PYTEST) -m "not soak" tests/e2e \
		$(addprefix --ignore=tests/e2e/test_,page.py docs.py first_start.py moving.py retraining.py worker.py writes.py admin_moderation.py)

test-long: $(VENV)/.develop $(TEST_DATA)/ml-100k ## what is too long for `make test`, and the installed package
	@$(PYTEST) -m "check and not soak" $(ONLY)

soak: $(VENV)/.develop $(TEST_DATA)/ml-100k ## by hand: every test there is, on both databases, in random order, each bot a Python of its own, and every failing write; two hours
	@MATINEE_TEST_COLD=1 $(PYTEST) -p randomly $(ONLY)
	@MATINEE_TEST_COLD=1 $(MAKE) --no-print-directory test-postgresql

lint: $(VENV)/.develop ## the linters
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test test-long test-postgresql ## everything that CI runs

reference: $(VENV)/.develop ## docs/settings.md and docs/commands.md, from what settings and commands say of themselves
	@$(BIN)/python -m tools.reference

constraints: ## requirements/*.txt, anew: what images and CI install, by hashes
	@"$(PYTHON)" -m venv $(TEST_DATA)/uv
	@$(TEST_DATA)/uv/bin/pip install --quiet --disable-pip-version-check uv
	@sh tools/lock.sh $(TEST_DATA)/uv/bin/uv

pictures: $(VENV)/.develop $(TEST_DATA)/ml-100k ## the README's pictures, from a real conversation
	@MATINEE_HOME=$(TEST_DATA)/home MATINEE_DATASET=$(TEST_DATA)/ml-100k $(BIN)/matinee prepare
	@MATINEE_HOME=$(TEST_DATA)/home MATINEE_DATASET=$(TEST_DATA)/ml-100k $(BIN)/python -m tools.screenshots docs/images

bench: $(VENV)/.serve $(PEERS)/.made $(TEST_DATA)/ml-100k ## every benchmark, into benchmarks/RESULTS.md: hours
	@$(BIN)/python -m benchmarks --data $(TEST_DATA) --peers $(PEERS)/bin/python

bench-quick: $(VENV)/.serve $(PEERS)/.made $(TEST_DATA)/ml-100k ## one seed and no slow peer: ten minutes
	@$(BIN)/python -m benchmarks --quick --data $(TEST_DATA) --peers $(PEERS)/bin/python --into $(TEST_DATA)/RESULTS.md
	@cat $(TEST_DATA)/RESULTS.md

bench-peers: $(PEERS)/.made ## what the benchmarks compare with, in an environment of its own

$(PEERS)/.made: benchmarks/peers/requirements.txt tools/install.sh
	@sh tools/install.sh "$(PYTHON)" $(PEERS) benchmarks/peers/requirements.txt
	@touch $@

$(VENV)/.serve: pyproject.toml tools/install.sh
	@sh tools/install.sh "$(PYTHON)" $(VENV) train
	@touch $@

$(VENV)/.develop: pyproject.toml tools/install.sh
	@sh tools/install.sh "$(PYTHON)" $(VENV) train,dev
	@touch $(VENV)/.serve $@

$(TEST_DATA)/ml-100k: | $(VENV)/.develop
	@MATINEE_HOME=$(CURDIR)/$(TEST_DATA) $(BIN)/matinee data fetch ml-100k --folder $(TEST_DATA)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

clean: ## what make made, but no home
	rm -rf $(VENV) $(PEERS) $(TEST_DATA)
