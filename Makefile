# Two commands do everything from a fresh clone: `make demo` and `make test`. `make` alone lists the rest.
# They need Python 3.11 to 3.13 and make; PYTHON=python3.12 chooses the interpreter, VENV=… where packages go.

VENV ?= .venv
SERVE ?= 1
HOST ?= 127.0.0.1
PORT ?= 8080

BIN := $(VENV)/bin
TAGREEL := $(BIN)/tagreel
PLACES := --store sqlite:///var/demo/store.db --bundles var/demo/bundles
# Several threads a product and several processes a machine do not go together.
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint notebooks docs lock clean env dev
.DELETE_ON_ERROR:

help:  ## List these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

env: $(VENV)/.core  ## Make the environment that running needs
dev: $(VENV)/.dev  ## Make the environment that testing needs

$(VENV)/.core: requirements/core.txt requirements/uv.txt pyproject.toml .ci/environment
	@.ci/environment $(VENV) requirements/core.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/uv.txt pyproject.toml .ci/environment
	@.ci/environment $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.core

demo: env  ## Data, training, evaluation, recommendations with reasons; then serve (SERVE=0: do not)
	@TAGREEL=$(TAGREEL) docs/examples/demo.sh
ifneq ($(SERVE),0)
	@$(MAKE) --no-print-directory serve
endif

serve: env  ## Serve what the demo published
	@echo "serving at http://$(HOST):$(PORT) until Ctrl-C; in another terminal:"
	@echo "  curl -s '$(HOST):$(PORT)/v1/viewers/1/recommendations?n=3'"
	@$(TAGREEL) serve --host $(HOST) --port $(PORT) $(PLACES)

test: dev  ## Run every test, the examples in docstrings, and the notebooks
	$(BIN)/python -m pytest tests recsys pipelines service --ignore=service/migrations

lint: dev  ## Check form, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

notebooks: dev  ## Run every notebook from top to bottom
	$(BIN)/python -m pytest tests/test_notebooks.py

docs: dev  ## Bring the tables of the guides, and the client's calls, in step with the code
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/client.py

lock: dev  ## Bring the lock files in step with pyproject.toml; UPGRADE=1 moves to the newest versions
	.ci/lock $(BIN)/uv $(if $(UPGRADE),--upgrade)

clean:  ## Remove the environment, what runs left, and caches
	rm -rf $(VENV) var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
