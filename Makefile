# Everything starts here: `make lab` to learn, `make test` before a class. `make help` lists the rest.
# A bare machine needs only Python >= 3.11 and make: `setup` builds .venv, and costs nothing once it is there.
# Paths are relative on purpose: the folder may have a space in its name.

ifeq ($(OS),Windows_NT)
PY := .venv/Scripts/python.exe
else
PY := .venv/bin/python
endif

# PYTHON: the interpreter that builds .venv.  ARGS: handed on to the command.  NB: which notebooks to execute.
# WORKERS: how many tests run side by side, with one thread each (0: one after the other, with all threads).
PYTHON ?=
WORKERS ?= 2
ARGS ?=
NB ?= notebooks/*.ipynb

.DEFAULT_GOAL := help
.PHONY: help setup lab test notebooks records photos-sheet check clean

help:  ## list the targets
	@echo "Transfer Learning, Measured"
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1~\2/p' Makefile | awk -F'~' '{ printf "%-22s %s\n", $$1, $$2 }'

setup:  ## build or refresh .venv (the others do it by themselves)
	@for python in $(PYTHON) $(PY) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    exec "$$python" data_scripts/set_up.py; \
	  fi; \
	done; \
	echo "No Python 3.11 or newer was found. Install one from https://www.python.org/downloads/ and try again," >&2; \
	echo "or name it: make setup PYTHON=/path/to/python3.12" >&2; \
	exit 1

lab: setup  ## open JupyterLab at the welcome notebook
	@$(PY) data_scripts/open_lab.py $(ARGS)

test: setup  ## everything: unit tests, then every notebook from top to bottom
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

notebooks: setup  ## execute the notebooks and store their outputs in place
	$(PY) -m data_scripts.execute_notebooks $(NB) $(ARGS)

records: setup  ## measure the numbers in the notebooks again (says first how long it takes)
	$(PY) -m data_scripts.measure_records $(ARGS)

photos-sheet: setup  ## draw the README's picture again
	$(PY) -m data_scripts.contact_sheet $(ARGS)

check: setup  ## style: ruff over the code and the notebooks
	$(PY) -m ruff check . $(ARGS)

clean:  ## remove .venv and caches (not your unpacked photos)
	rm -rf .venv .pytest_cache .ruff_cache build dist
