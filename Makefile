PYTHON ?= python3
BIN := .venv/bin

.PHONY: app challenge test lint clean

app: .venv/app.done
	$(BIN)/python serve.py

CHALLENGE ?= out/challenge
KIND ?= mixed
SEED ?= 1
IDLE = $${MVM_IDLE_MINUTES:-1440}

challenge: .venv/app.done
	test -f $(CHALLENGE)/challenge.json || \
		$(BIN)/python -m mvm_core challenge prepare $(CHALLENGE) --kind $(KIND) --seed $(SEED)
	MVM_CHALLENGE=$(CHALLENGE) MVM_IDLE_MINUTES=$(IDLE) $(BIN)/python serve.py

test: .venv/all.done
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20

lint: .venv/all.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Compiled on all processors, and without the tests of the packages: quicker, and 60 MB less.
.venv/app.done: requirements-app.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check --no-compile -r requirements-app.txt
	$(BIN)/python -m compileall -q -j 0 -x '/tests?/' .venv/lib
	touch $@

.venv/all.done: requirements.txt requirements-app.txt requirements-clinic.txt requirements-provider.txt requirements-cluster.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-cache-dir --disable-pip-version-check -r requirements.txt
	touch $@ .venv/app.done

clean:
	rm -rf .venv
