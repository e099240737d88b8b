# make lab: set everything up and open the first lesson.   make test: set everything up and
# pass all tests.   Both need Python 3.11 or newer; choose one with PYTHON=python3.12.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
export TQDM_DISABLE := 1
QUIET := OMP_NUM_THREADS=1 $(PYTEST)

.PHONY: lab test install lint unit lessons browser bench refresh clean

lab: install
	env -u TQDM_DISABLE $(BIN)/jupyter lab lessons/00_start_here.ipynb $(ARGS)

test: install lint unit lessons browser

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12 $(MAKECMDGOALS)" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: install
	$(QUIET) tests/unit tests/exercises tests/lessons -n 2 --dist loadscope

lessons: install
	$(QUIET) --nbval --nbval-cell-timeout=120 -n 2 --dist loadscope lessons

browser: install
	$(QUIET) tests/browser

bench: install
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench

refresh: install
	OMP_NUM_THREADS=1 $(BIN)/python tests/refresh_lessons.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache build *.egg-info
