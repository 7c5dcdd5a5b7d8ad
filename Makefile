# Two commands from clone to result: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
CORPUS ?= ../shared/data

.PHONY: setup demo test lint check proof bench lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Stillhunt needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:  # every dependency with its hashes, no index and no host
	$(PYTHON) -m pip install --quiet uv && $(PYTHON) -m uv pip compile --quiet pyproject.toml --extra dev --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean:
	rm -rf .venv out
