# make demo · make test · make test-lowest · make check · make bench · make docs · make lock · make clean
# Everything lives in .venv; nothing needs to be installed by hand beyond Python 3.11 to 3.13.

VENV   := .venv
BIN    := $(VENV)/bin
RUN_LOCK  := requirements.lock
TEST_LOCK := requirements-test.lock
# the first Python that is new enough and not too new for the pinned packages
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-lowest check bench docs lock clean browser java

demo: $(VENV)/.run
	$(BIN)/discourse demo

test: $(VENV)/.test browser java
	$(BIN)/python -m pytest -n auto --dist loadfile

# the same tests with the lowest versions that pyproject.toml allows
test-lowest: browser java
	$(MAKE) --no-print-directory VENV=.venv-lowest TEST_LOCK=requirements-lowest.lock RUN_LOCK=requirements-lowest.lock test

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# speed of the topic engines on a table of tokens (make bench TOKENS=RUN/tokens.parquet), else on a planted corpus
TOKENS ?= $(firstword $(wildcard results/provinces*/tokens.parquet))

bench: $(VENV)/.test
	$(BIN)/python benchmarks/lda.py $(if $(TOKENS),--tokens $(TOKENS)) --out benchmarks/lda.md
	$(BIN)/python benchmarks/calibration.py

# the guide as web pages that need no network: docs/_build/html/index.html
docs: $(VENV)/.test
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. On Debian or Ubuntu: sudo apt-get install python3 python3-venv"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "Python lacks its venv module. Type: sudo apt-get install python3-venv"; exit 1; fi; }

$(VENV)/.run: $(RUN_LOCK) pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages (a few minutes the first time)"
	@$(INSTALL) --require-hashes -r $(RUN_LOCK)
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(TEST_LOCK) $(VENV)/.run
	@echo "Installing the packages for the tests"
	@$(INSTALL) --require-hashes -r $(TEST_LOCK)
	@touch $@

# the browser tests open the pages in Chromium with the network shut
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium for the browser tests"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else echo "The browser tests need Chromium. Type: sudo apt-get install chromium"; exit 1; fi; }

# the tests of engine spark start Apache Spark on this machine
java:
	@java -version >/dev/null 2>&1 || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Java for the tests of engine spark"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless >/dev/null; \
	  else echo "The tests of engine spark need Java. Type: sudo apt-get install openjdk-17-jre-headless"; exit 1; fi; }

# for maintainers: needs uv
lock:
	uv pip compile pyproject.toml --extra build --universal --generate-hashes --no-header -q -o requirements.lock
	uv pip compile pyproject.toml -c requirements.lock --extra build --extra gibbs --extra spark --extra docs --extra test --universal --generate-hashes --no-header -q -o requirements-test.lock
	uv pip compile pyproject.toml --resolution lowest-direct --extra build --extra gibbs --extra spark --extra docs --extra test --universal --generate-hashes --no-header -q -o requirements-lowest.lock

clean:
	rm -rf $(VENV) .venv-lowest .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build docs/_build
