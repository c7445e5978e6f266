# Two commands on a fresh machine: `make demo` and `make test`.

# The first Python from 3.11 on that runs; say PYTHON=… for another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test test-all lint format screenshots bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	@$(BIN)/diffurec demo

test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(VENV)/installed-dev
	$(BIN)/diffurec demo </dev/null >/dev/null
	$(BIN)/python docs/screenshots.py --ckpt diffurec-demo/run

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/engine_speed.py $(if $(DATA),--data $(DATA))
	$(BIN)/python benchmarks/ablation.py $(if $(DATA),--data $(DATA))
	$(BIN)/diffurec demo </dev/null >/dev/null
	$(BIN)/python benchmarks/explorer_speed.py --ckpt diffurec-demo/run
	$(BIN)/python benchmarks/map_frame.py
	$(BIN)/python benchmarks/prepare_large.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python from 3.11 on was found; name one with make PYTHON=…" >&2; exit 2; }
	@echo "creating $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing diffurec and its pinned dependencies into $(VENV)" >&2
	@$(PIP) -e .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/installed
	@echo "installing the development tools into $(VENV)" >&2
	@$(PIP) -e '.[dev]'
	@touch $@
