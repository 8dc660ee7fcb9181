# Every target makes or reuses .venv; none needs a second step.
PYTHON ?= python3.11
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
METHODS ?= ngae,arch2vec
SEEDS ?= 10

.PHONY: run test slow portable lint types bench reference clean

run: $(READY)
	$(BIN)/harness run methods=$(METHODS) bench=nb201 seeds=$(SEEDS)

test: $(READY)
	$(BIN)/pytest -n logical

slow: $(READY)
	$(BIN)/pytest -m slow -n logical

# Tests that train, under other numerics and seeds (an hour on two cores; SHORT=1: two minutes).
portable: $(READY)
	$(BIN)/python tests/portable.py $(if $(SHORT),short)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/lookups.py
	$(BIN)/python benchmarks/reports.py
	$(BIN)/python benchmarks/acquisitions.py

reference: $(READY)
	$(BIN)/harness report results=results/reference format=all out=reports/reference
	$(BIN)/harness report verify out=reports/reference

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
