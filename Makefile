# Everything sets itself up: `make demo` and `make test` need only Python 3.11 and, on Debian, apt.
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint types architecture bench torture format postgresql java programs clean

demo: $(VENV)/.all
	@$(BIN)/model-registry demo

test: $(VENV)/.dev postgresql java programs
	$(BIN)/pytest -n 2 --dist loadgroup

check: lint types architecture

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy

architecture: $(VENV)/.dev
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@scripts/prepare package wrk wrk
	$(BIN)/python -m benchmarks

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

# What the documentation's commands call, which the tests run as they stand.
programs:
	@scripts/prepare package curl curl
	@scripts/prepare package openssl openssl

$(VENV)/.%: pyproject.toml
	@scripts/prepare environment $(VENV) $*
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
