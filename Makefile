PYTHON := .venv/bin/python
PORT ?= 8501
# The Lab starts and deletes trainings and asks nobody's name: only this computer may open it.
ADDRESS ?= 127.0.0.1

.PHONY: help run test lint format clean

help:
	@echo "make run     open the Lab on port 8501    (PORT=8600; for a class: ADDRESS=0.0.0.0)"
	@echo "make test    lint, then every test        (ARGS=\"-k browse\" goes to pytest)"
	@echo "make lint    ruff alone"
	@echo "make format  let ruff rewrite what it can"
	@echo "make clean   remove .venv and caches; runs/ stays"

run:
	@sh .ci/setup run
	$(PYTHON) -m streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS) $(ARGS)

test:
	@sh .ci/setup test
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m pytest $(ARGS)

lint:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

format:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

clean:
	rm -rf .venv .pytest_cache .ruff_cache test-failures
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
