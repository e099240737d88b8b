# make lab: set everything up and open the first lesson.   make test: set everything up and
# test package, exercises and lessons.   make test-all: also all that needs a browser, other
# people's servers or awkward submissions.   Python 3.11 or newer; choose one with PYTHON=python3.12.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
export TQDM_DISABLE := 1
QUIET := OMP_NUM_THREADS=1 $(PYTEST)
PROMPT := --ServerApp.kernel_websocket_connection_class=gradcourse.prompt.PromptConnection
PROXY := configurable-http-proxy@5.3.0
PAGES := katex@0.19.1 reveal.js@6.0.2
NPM_INSTALL := npm install --silent --no-audit --no-fund --prefix .venv/npm

.PHONY: lab test test-all install lint unit lessons lessons-plain grading browser bridges site slides site-test bench gpu-check rescue-board clinic-matrix refresh clean

lab: install
	env -u TQDM_DISABLE $(BIN)/jupyter lab $(PROMPT) lessons/00_start_here.ipynb $(ARGS)

test: install lint unit lessons

test-all: test grading browser bridges site-test

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
	$(QUIET) tests/unit tests/exercises tests/lessons -n 2 --dist worksteal

lessons: install
	$(QUIET) --nbval --nbval-cell-timeout=120 --durations=10 -n 2 --dist loadscope lessons

# The lessons as a processor without AVX computes them: other roundings, the same stored outputs.
lessons-plain: install
	ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem \
		$(MAKE) lessons

grading: install
	$(QUIET) tests/grading -n 2 --dist worksteal
	$(QUIET) tests/attacks

browser: install
	$(QUIET) tests/browser -n 2 --dist loadscope

bridges: .venv/bridges
	$(QUIET) tests/bridges -n 2 --dist loadfile

# Dask, nbgrader and JupyterHub with its proxy: only their tests need them.
.venv/bridges: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,dask,hub,nbgrader]'
	if command -v npm >/dev/null; then $(NPM_INSTALL) $(PROXY); fi
	touch $@

# The course's pages, into build/site, and a talk of each lesson, into build/slides.
site: .venv/site
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.build

slides: .venv/site
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.slides

site-test: .venv/site
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.live
	$(QUIET) tests/live tests/site -n 2 --dist worksteal

# Sphinx with its theme, KaTeX and reveal.js: only the site and the slides need them.
.venv/site: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,site]'
	if command -v npm >/dev/null; then $(NPM_INSTALL) $(PAGES); fi
	touch $@

# The C library keeps what is freed: how often it would fetch memory anew is chance, and up to 5 %
# of a training step.
bench: install
	OMP_NUM_THREADS=1 MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000 \
		$(BIN)/python -m tests.bench

# On a machine with a CUDA device: tests, lessons, and the growth map's share of its rate.
gpu-check: install
	$(BIN)/python -m tests.gpu_check $(ARGS)

rescue-board: install
	OMP_NUM_THREADS=1 $(BIN)/python -m gradcourse.clinic.board

# Every patient × every treatment × 5 seeds; half an hour. make clinic-matrix PATIENTS='p03 p07'
clinic-matrix: install
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.clinic_matrix $(PATIENTS)

refresh: install
	OMP_NUM_THREADS=1 $(BIN)/python tests/refresh_lessons.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache build *.egg-info
