PYTHON := .venv/bin/python
PORT ?= 8501
# Without a teacher's key, whoever opens the Lab may delete everything: only this computer may.
ADDRESS ?= 127.0.0.1
# The names and addresses that others open the Lab by, with commas between them: by default those
# that this computer has. Localhost always is one. A web page with a name of its own for this
# computer is kept out.
ifndef ALLOWED_HOSTS
ALLOWED_HOSTS := $(if $(filter 0.0.0.0 ::,$(ADDRESS)),$(shell python3 .ci/own_names),$(ADDRESS))
endif
# Test files run at the same time, on two cores; many start processes of their own besides. Files
# start in the order of tests/conftest.py, the longest first.
WORKERS ?= 2
PYTEST = $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

comma := ,
hosts := localhost 127.0.0.1 ::1 $(subst $(comma), ,$(ALLOWED_HOSTS))

.PHONY: help run test quick lint format constraints clean

help:
	@echo "make run     open the Lab on port 8501    (PORT=8600; for a class:"
	@echo "             ADDRESS=0.0.0.0 FMNIST_TEACHER_KEY=...; see docs/HOSTING.md)"
	@echo "make test    lint, then every test        (ARGS=\"-k browse\" goes to pytest)"
	@echo "make quick   the tests that need neither TensorFlow nor a browser, in a minute"
	@echo "make lint    ruff and mypy alone"
	@echo "make format  let ruff rewrite what it can"
	@echo "make constraints   write down the versions in .venv, for every machine to install"
	@echo "make clean   remove .venv and caches; runs/ stays"

run:
	@sh .ci/setup run
	$(if $(filter-out 127.0.0.1 localhost ::1,$(ADDRESS)),@echo "make: open to others at: $(subst $(comma), ,$(ALLOWED_HOSTS))" >&2)
	$(if $(ALLOWED_HOSTS),,@echo "make: only localhost is let in; others need ALLOWED_HOSTS=..." >&2)
	$(PYTHON) -m streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS) \
	$(foreach host,$(hosts),--server.allowedHosts '$(host)') $(ARGS)

test:
	@sh .ci/setup test
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTEST) $(ARGS)

quick:
	@sh .ci/setup lint
	$(PYTEST) -m "not slow" $(ARGS)

lint:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy

format:
	@sh .ci/setup lint
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

constraints:
	@sh .ci/setup constraints $(ARGS)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache test-failures
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
