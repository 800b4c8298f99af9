PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test lint clean

app: .venv/app.done
	$(BIN)/python serve.py

test: .venv/all.done
	$(BIN)/python -m pytest

lint: .venv/all.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/app.done: requirements-app.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check -r requirements-app.txt
	touch $@

.venv/all.done: requirements.txt requirements-app.txt requirements-clinic.txt requirements-cluster.txt requirements-provider.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check -r requirements.txt
	touch $@ .venv/app.done

clean:
	rm -rf .venv
