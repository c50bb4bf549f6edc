# The two commands of the README are `make run` and `make test`; the others are for daily work.

.PHONY: run test soak frozen bench page setup format clean

# What is named on make's command line reaches the scripts by the environment, quotes and all.
export SESSION PYTHON

run: setup
	@scripts/run

test: setup
	@scripts/test

soak: setup
	@.venv/bin/pytest -m soak -o timeout=7200

frozen: setup
	@.venv/bin/pytest -m frozen -o timeout=1800

bench: setup
	@.venv/bin/python -m tests.benchmarks $(ROWS)

page: setup
	@.venv/bin/python hatch_build.py

setup:
	@scripts/setup

format: setup
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

clean:
	rm -rf .venv build dist sample .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
