# `make setup` asks the package index; nothing else asks the network.
PYTHON ?= python3
BIN := .venv/bin
DEMO_DB := data/demo.db
USAGE_DB ?= data/usage.db
PUBLISHED_DB ?= data/published/ada.db
PORT ?= 8001
SOURCES := loaders serving web/plugins tests
PYTEST_FLAGS := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
	$(if $(filter true,$(CI)),-p tests.no_skips)

.PHONY: setup demo serve test test-long mutations bench lint built docs lock clean

setup: .venv/packages.done .venv/loaders.done profiles.yml data/attached

.venv/packages.done: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"make: needs Python 3.11 or newer: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements.lock
	touch $@

.venv/loaders.done: .venv/packages.done pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	touch $@

profiles.yml: | profiles.example.yml
	cp profiles.example.yml $@

data/attached:
	mkdir -p $@

demo: setup
	$(BIN)/loaders demo --db $(DEMO_DB)
	USAGE_DB=$(DEMO_DB) $(BIN)/dbt --quiet build --exclude-resource-type unit_test
	$(BIN)/loaders summary --db $(DEMO_DB)

# On loopback alone; README says what to put before it. Where nothing can be published,
# what was published last is served.
serve: setup
	@$(BIN)/loaders publish $(PUBLISHED_DB) --db $(USAGE_DB) || test -e $(PUBLISHED_DB)
	@echo "$(PUBLISHED_DB) on http://127.0.0.1:$(PORT)"
	@PUBLISHED_DB=$(PUBLISHED_DB) $(BIN)/datasette serve web --port $(PORT)

test: setup
	$(MAKE) --no-print-directory --jobs 2 --output-sync=line lint built
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

# Three days of the example, built with every test and warning counted.
built: setup
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	export USAGE_DB="$$folder/usage.db" DBT_LOG_PATH="$$folder/logs" \
		DBT_TARGET_PATH="$$folder/target" && \
	$(BIN)/loaders demo --db "$$USAGE_DB" --days 3 && \
	$(BIN)/dbt --quiet --warn-error build && \
	$(BIN)/dbt --quiet --warn-error source freshness && \
	$(BIN)/dbt --quiet --warn-error docs generate && \
	DBT_PROJECT_DIR="$$folder" $(BIN)/dbt-bouncer run --only catalog_checks

# Two days of the lively fleet, a kill after every model, many drawn fleets; hundreds
# of kills and faults, thousands of bad answers. The better part of an hour.
test-long: setup
	LONG=1 $(BIN)/python -m pytest tests/pipeline tests/bench \
		tests/loaders/test_faults.py tests/loaders/test_fuzz.py

# Each small change of the models' SQL, and whether a unit test notices it.
mutations: setup
	$(BIN)/python -m tests.mutations

# Minutes, and some gigabytes in the folder for temporary files.
bench: setup
	$(BIN)/python -m tests.bench

# The database is an empty one: linting asks nothing of it.
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	export USAGE_DB="$$folder/none.db" && \
	$(BIN)/sqlfluff lint --disable-progress-bar models analyses tests/dbt && \
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse
	$(BIN)/dbt-bouncer run --only manifest_checks

# docs/erd.mmd is checked in: a test says when it is behind the models.
docs: setup
	$(BIN)/dbt --quiet run-operation erd >docs/erd.mmd
	$(BIN)/dbt --quiet docs generate --static
	$(BIN)/mermaidx --quiet -i docs/erd.mmd -b white -o target/erd.svg
	@echo "Open target/static_index.html: one file, and erd.svg, the picture it links."

# `uv` is not in the lock: pip install uv, or see https://docs.astral.sh/uv
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --all-extras --custom-compile-command "make lock" \
		pyproject.toml -o requirements.lock

clean:
	rm -rf target logs build *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
