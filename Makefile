# Two commands for a newcomer: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check lint types layers docs bench peak pythons lock clean

demo: $(STAMP)  ## run the reference landscape; leaves reports/readiness.html
	$(BIN)/golive run
	@echo "open reports/readiness.html"

test: $(STAMP)  ## run every test
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --ignore=tests/defects
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=$(COVERAGE)
	$(BIN)/python -m pytest -n 2 tests/defects  # they prove the checks, and measuring them takes long

COVERAGE := 90

check: lint types layers test  ## all that must be green

lint: $(STAMP)
	$(BIN)/ruff format --check harness tests
	$(BIN)/ruff check harness tests

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)  ## write the schemas that editors read, and the reference pages
	$(BIN)/golive schema --to docs/schema
	$(BIN)/python -m tests.tools.reference

bench: $(STAMP)  ## measure the budgets as ratios in one run
	$(BIN)/python -m tests.bench

peak: $(STAMP)  ## play, journal and judge a day of 10,000 orders
	$(BIN)/python -m tests.bench.peak 1000 10000

pythons: $(STAMP)  ## run the landscape under each Python that is here; the bytes must be the same
	$(BIN)/python -m tests.tools.same_bytes

lock: $(STAMP)  ## resolve the development dependencies anew
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python tests/tools/development_requirements.py > $(VENV)/dev.in
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --output-file requirements-dev.lock $(VENV)/dev.in

$(STAMP): pyproject.toml requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
