PYTHON ?= python3
BIN := .venv/bin
export TQDM_DISABLE = 1
export OMP_NUM_THREADS ?= 1

.PHONY: lab test install lint unit lessons browser bench refresh clean

lab: install  ## set everything up and open the first lesson
	env -u TQDM_DISABLE -u OMP_NUM_THREADS $(BIN)/jupyter lab lessons/00_start_here.ipynb

test: install lint unit lessons browser  ## set everything up and pass all tests

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12 install")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@
