# Everything sets itself up: `make demo` and `make test` need only Python 3.11 and, on Debian, apt.
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint types architecture docs bench bench-quick bench-litellm torture format postgresql java browser programs clean

demo: $(VENV)/.all
	@$(BIN)/model-registry demo

test: $(VENV)/.dev postgresql java browser programs
	$(BIN)/pytest -n 2 --dist loadgroup

check: lint types architecture docs

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy

architecture: $(VENV)/.dev
	$(BIN)/lint-imports

# The documentation as web pages, in docs/_build/html.
docs: $(VENV)/.dev
	$(BIN)/sphinx-build -W --keep-going -n -q -b html docs docs/_build/html

# Six minutes, ten the first time; writes docs/performance.md and benchmarks/results.json.
bench: $(VENV)/.dev
	@scripts/prepare package wrk wrk
	$(BIN)/python -m benchmarks

# Under a minute, on the screen only.
bench-quick: $(VENV)/.dev
	@scripts/prepare package wrk wrk
	$(BIN)/python -m benchmarks --quick

# LiteLLM, for `make bench` to compare with; apart, because it brings sixty packages.
bench-litellm: $(VENV)/.dev
	$(BIN)/python -m venv .bench/litellm
	.bench/litellm/bin/pip install --quiet --disable-pip-version-check --editable . litellm

# Ten minutes of faults for each durable store and for the server; MINUTES=60 for more.
MINUTES ?= 10
torture: $(VENV)/.dev postgresql
	$(BIN)/python -m torture --minutes $(MINUTES)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

postgresql:
	@scripts/prepare postgresql

# For Spark, which the tests run on this machine; Debian 13 has no 17 any more.
java:
	@scripts/prepare package java openjdk-17-jre-headless \
	    || scripts/prepare package java openjdk-21-jre-headless

# For the tests of the inventory page.
browser:
	@scripts/prepare package chromium chromium

# What the documentation's commands call, which the tests run as they stand.
programs:
	@scripts/prepare package curl curl
	@scripts/prepare package openssl openssl

$(VENV)/.%: pyproject.toml
	@scripts/prepare environment $(VENV) $*
	@touch $@

clean:
	rm -rf $(VENV) .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
