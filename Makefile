# Two commands: `make demo` and `make test`. Each makes .venv and installs what it needs, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_DATA := .testdata
PEERS := .venv-peers

.PHONY: demo run test test-postgresql lint check pictures bench bench-quick bench-peers clean

demo: $(VENV)/.serve ## talk to Matinee in the browser, on real ratings, without Telegram
	@$(BIN)/matinee demo

run: $(VENV)/.serve ## the same bot on Telegram, with MATINEE_TELEGRAM_TOKEN
	@$(BIN)/matinee run

test: $(VENV)/.develop $(TEST_DATA)/ml-100k ## every test
	@MATINEE_TEST_DATA=$(CURDIR)/$(TEST_DATA) $(BIN)/python -m pytest -n 2 --dist loadfile

# Left to `make test`: the page, the docs, a first start, moving, trainings and workers, which are on both where it
# matters, and moderation, whose test plants rows in the SQLite file.
test-postgresql: $(VENV)/.develop $(TEST_DATA)/ml-100k ## every conversation once more, on PostgreSQL
	@MATINEE_TEST_DATABASES=postgresql MATINEE_TEST_DATA=$(CURDIR)/$(TEST_DATA) \
		$(BIN)/python -m pytest tests/e2e -n 2 --dist loadfile \
		$(addprefix --ignore=tests/e2e/test_,page.py docs.py first_start.py moving.py retraining.py worker.py admin_moderation.py)

lint: $(VENV)/.develop ## the linters
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test test-postgresql ## everything that CI runs

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

clean: ## what make made, but no home
	rm -rf $(VENV) $(PEERS) $(TEST_DATA)
