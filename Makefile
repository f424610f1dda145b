# `make` alone lists the verbs. Packages are installed into .venv.

# PYTHON makes the environment: make book PYTHON=python3.12 VENV=.venv-3.12
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
# RUNTIME names a folder, zip or wheel with the packages of the live pages, for make live
RUNTIME ?=
# NB restricts a verb to some notebooks: make run NB=chapters/0-start/01-in-one-sitting.ipynb
NB ?=
# DRAWS is how often make seeds moves the seeds
DRAWS ?= 20

BIN := $(VENV)/bin
PY := $(BIN)/python
INSTALLED := $(VENV)/.installed
PIP := $(PY) -m pip --disable-pip-version-check

# One thread a process: two processes share the cores, and sums keep their order.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

# Each notebook has a process of its own: lossbook is compiled once, not in every one.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book live pdf handouts release test test-pages test-live test-tools check cells types lax oldest newest wheels portable jitter seeds slack reproducible run atlas ledger serve lab coverage bench peers fuzz mutate lock clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# requirements.lock is every package with its hash; lossbook itself is linked to this folder.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 15) or sys.exit( \
	    f"Python 3.11 to 3.14 is needed, $(PYTHON) is {sys.version.split()[0]}: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --no-deps --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# ---- the two commands

# Sphinx warns of a page only when it reads it: after a failure it reads all of them again.
book: $(INSTALLED) ## build the site into _build/html; any warning is an error
	$(PY) -m tools.site fetch
	$(BIN)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }
	$(PY) -m tools.site finish
	@echo "The book is in _build/html."
	@echo "Open _build/html/index.html in a browser, or run: make serve"

live: $(INSTALLED) ## build the site with Python for the reader's browser in it
	$(PY) -m tools.runtime fetch $(if $(RUNTIME),--from $(RUNTIME))
	$(MAKE) book

# The tests of the pages look at the built book, so it is built first, beside the cells.
# Tests wait for a browser now and then; a third process fills two cores.
test: $(INSTALLED) ## check form, types and site, compare every notebook, run the tests
	$(MAKE) --jobs 3 cells check types book
	$(PY) -m pytest -n 3 --dist worksteal tests

# `make test` opens the chapters on a phone and tries the parts of a page on small pages.
test-pages: $(INSTALLED) ## open every page narrow and wide, light and dark; move figures (minutes)
	$(PY) -m pytest -n 3 --dist worksteal -m pages tests

# Builds a site with Python in it and runs every chapter there;
# then three of the handouts that `make handouts` has left.
test-live: $(INSTALLED) ## run every chapter in the reader's browser (minutes)
	$(PY) -m tools.site fetch
	$(PY) -m pytest -n 2 --dist load -m live tests/test_live.py tests/test_handouts.py

# What nbval, run, mutate, portable, seeds and pdf find is tried on damage made for them.
test-tools: $(INSTALLED) ## try the tools that run notebooks or look for damage (minutes)
	$(PY) -m pytest -n 2 --dist load -m tools tests

# ---- parts of `make test`, and weaker forms of it

check: $(INSTALLED) ## static checks: style, spelling, scripts, form of the notebooks (seconds)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(PY) -m tools.lint
	$(PY) -m tools.notebooks check $(NB)

# What NumPy frees stays with the process; else Linux clears the same pages over and over.
cells: export MALLOC_MMAP_THRESHOLD_ := 33554432
cells: export MALLOC_TRIM_THRESHOLD_ := 268435456
cells: $(INSTALLED) ## compare what every notebook gives with what it has stored (minutes)
	$(PY) -m pytest -n 2 --nbval chapters

types: $(INSTALLED) ## check the type hints
	$(BIN)/mypy

# Other versions may print another last digit or draw another pixel. Cells still have to run
# without a warning, their asserts to hold, and claims (nbval-check-output) to be printed the same.
lax: $(INSTALLED) ## tests under other versions: notebooks run, few outputs are compared
	$(PY) -m tools.site fetch
	$(PY) -m pytest -n 2 --nbval-lax tests chapters

# The versions of constraints-oldest.txt, and whatever is newest today, each in a folder of its own.
oldest: $(INSTALLED) ## make lax with the oldest versions we support
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-oldest
	$(BIN)/uv pip install --quiet --python .venv-oldest/bin/python \
	    --requirement requirements.txt --constraints constraints-oldest.txt
	touch .venv-oldest/.installed
	$(MAKE) lax VENV=.venv-oldest

newest: $(INSTALLED) ## make lax with the newest versions to be had
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-newest
	$(BIN)/uv pip install --quiet --python .venv-newest/bin/python --upgrade \
	    --requirement requirements.txt
	touch .venv-newest/.installed
	$(MAKE) lax VENV=.venv-newest

# What no other machine and no other sample may change. Both print what they drew.
portable: $(INSTALLED) ## notebooks under other arithmetic: same text, same figures? (half an hour)
	$(PY) -m tools.portable $(NB)

jitter: $(INSTALLED) ## the short form of it: one draw, where numbers can grow (minutes)
	$(PY) -m tools.portable --short $(NB)

seeds: $(INSTALLED) ## every seed moved, DRAWS=20 times: do all asserts hold? (half an hour)
	$(PY) -m tools.seeds --draws $(DRAWS) $(NB)

slack: $(INSTALLED) ## the asserts of the notebooks that could be much stricter (minutes)
	$(PY) -m tools.slack $(NB)

wheels: $(INSTALLED) ## for which systems and Pythons the locked packages have wheels
	$(PY) -m tools.wheels

coverage: $(INSTALLED) ## which lines of lossbook the tests reach
	$(BIN)/coverage run -m pytest tests
	$(BIN)/coverage report

# ---- writing

run: $(INSTALLED) ## execute notebooks and store their outputs; one with NB=path
	$(PY) -m tools.notebooks run $(NB)

atlas: $(INSTALLED) ## write the atlas of losses anew from the classes
	$(PY) -m tools.atlas

ledger: $(INSTALLED) ## collect the claims of all notebooks into the ledger
	$(PY) -m tools.ledger

lab: $(INSTALLED) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab

pdf: book ## print the book and the cheat sheet into _build/pdf (needs Chromium)
	$(PY) -m tools.pdf
	$(PY) -m tools.sheet

handouts: book ## write the notebooks without the book's markup to _build/handouts
	$(PY) -m tools.handouts

release: $(INSTALLED) ## build all that an edition is published as: make release TAG=v0.1.0
	$(PY) -m tools.release $(TAG)

serve: book ## build the site and serve it at http://localhost:8000 (PORT=...)
	$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# ---- keeping house

bench: $(INSTALLED) ## time the losses against scikit-learn, and PyTorch if it is there (minutes)
	$(PY) benchmarks/losses.py
	$(PY) benchmarks/ranking.py
	$(PY) benchmarks/auc.py

# On Linux pip has to find PyTorch's build without CUDA: peers.yml says where.
.venv-peers/.installed: tools/peers.lock
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip --disable-pip-version-check install --quiet --no-deps \
	    --requirement tools/peers.lock
	@touch $@

peers: .venv-peers/.installed ## compare with XGBoost, LightGBM, PyTorch and Keras (minutes)
	.venv-peers/bin/python -m tools.peers

reproducible: $(INSTALLED) ## build the site twice, run all notebooks: does a byte change? (minutes)
	$(PY) -m tools.reproducible

fuzz: $(INSTALLED) ## a million random inputs to lossbook (an hour)
	FUZZ_CASES=4200 $(PY) -m pytest -n 2 --dist load -m hypothesis tests

mutate: $(INSTALLED) ## damage a copy in every way that matters; is it noticed? (half an hour)
	$(PY) -m tools.site fetch
	$(PY) -m tools.mutate

# One set of versions for every Python and platform we support.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
    --no-emit-package lossbook --no-annotate --custom-compile-command "make lock"
lock: $(INSTALLED) ## move constraints.txt and requirements.lock to the newest versions
	$(COMPILE) --upgrade requirements.txt --output-file constraints.txt
	$(COMPILE) --constraints constraints.txt --generate-hashes requirements.txt \
	    --output-file requirements.lock

clean: ## delete what was built (the environment stays: rm -r .venv)
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find lossbook tools tests site -name __pycache__ -type d -prune -exec rm -rf {} +
