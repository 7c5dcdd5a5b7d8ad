# Two commands from clone to result: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
CORPUS ?= ../shared/data

.PHONY: setup demo test lint check proof honesty ladder detection-time live-loss request-shares rivals window foreign scale reference bench latency regrowth lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Stillhunt needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  # a small mixed traffic, simulated, hunted and compared with the truth
	@rm -rf out/demo && mkdir -p out/demo
	$(BIN)/stillhunt simulate out/demo/traffic --scenario mixed --seed 1
	$(BIN)/stillhunt hunt out/demo/traffic/logs --accounts out/demo/traffic/accounts.parquet \
	  --releases out/demo/traffic/releases.jsonl --out out/demo/run
	$(BIN)/stillhunt evaluate out/demo/run --truth out/demo/traffic/truth
	@echo "Open out/demo/run/report.html"

# Spark and the readers of warehouse tables, for their tests; the hunt itself needs them only where they are asked for.
.venv/.engines: requirements-spark.lock .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation -r requirements-spark.lock
	@touch $@

# What gateways and streams need, with the servers of their tests.
.venv/.live: requirements-live.lock .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-live.lock
	@touch $@

# LiteLLM's proxy holds other versions of what the linters need.
.venv-litellm/.ready: requirements-litellm.lock pyproject.toml
	$(PYTHON) -m venv .venv-litellm
	.venv-litellm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-litellm.lock
	@touch $@

test: setup .venv/.engines .venv/.live .venv-litellm/.ready
	$(BIN)/python -m pytest -n 2 tests

lint: setup .venv/.engines .venv/.live  # style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

proof: setup  # real prompts and traces from a corpus folder: CORPUS=../shared/data SEEDS="1 2 3"
	$(BIN)/python benchmarks/proof.py --corpus $(CORPUS) --seeds $(or $(SEEDS),1 2 3) --write docs/results

ladder: setup  # what is found when an attacker gives up, step by step, what can be seen: SEEDS="1 2 3"
	$(BIN)/python benchmarks/ladder.py --seeds $(or $(SEEDS),1 2 3) --write docs/results

honesty: setup  # bits on benign traffic, looked at every hour, beside what they promise: SEEDS=20
	$(BIN)/python benchmarks/honesty.py --corpus $(CORPUS) --seeds $(or $(SEEDS),20) --write docs/results

detection-time: setup  # how early campaigns are found, and what they had taken by then: CORPUS=../shared/data SEEDS="1 2 3"
	$(BIN)/python benchmarks/detection_time.py $(if $(wildcard $(CORPUS)),--corpus $(CORPUS)) \
	  --seeds $(or $(SEEDS),201 202 203) --write docs/results

live-loss: setup  # exchanges lost before the alarm, live and by the daily hunt: STEPS="0 4 6 7" SEEDS="21 22"
	$(BIN)/python benchmarks/live_loss.py $(if $(STEPS),--levels $(STEPS)) --seeds $(or $(SEEDS),21) --write docs/results

request-shares: setup  # requests told apart at 5 to 95 % innocent share: SEEDS="1 2 3"
	$(BIN)/python benchmarks/request_shares.py --corpus $(CORPUS) --seeds $(or $(SEEDS),1 2 3) --write docs/results

foreign: setup  # traffic that another generator made: CORPUS=../shared/data SEEDS="1 2 3" SCENARIOS="easy slow"
	$(BIN)/python benchmarks/foreign_traffic.py --corpus $(CORPUS) --seeds $(or $(SEEDS),1 2 3) \
	  $(if $(SCENARIOS),--scenarios $(SCENARIOS)) --write docs/results

scale: setup  # time and memory at EXCHANGES=1600000 and below, beside one scan of the text; the disclosed case has 16000000
	$(BIN)/python benchmarks/scale.py --growth --exchanges $(or $(EXCHANGES),1600000) --write docs/results

reference: setup  # measures of benign groups that ship as the default reference
	$(BIN)/python benchmarks/reference.py --corpus $(CORPUS)

rivals: .venv/.rivals  # what others do, on the same traffic: CORPUS=../shared/data SEEDS="41 42 43"
	PYTHONPATH=benchmarks $(BIN)/python -m rivals $(if $(wildcard $(CORPUS)),--corpus $(CORPUS)) \
	  --seeds $(or $(SEEDS),41 42 43) --write docs/results

window: .venv/.rivals  # the published setting of the window test, on real query sets
	$(BIN)/python benchmarks/window.py --corpus $(CORPUS) --seeds $(or $(SEEDS),71 72 73) --write docs/results

.venv/.rivals: requirements-rivals.lock .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-rivals.lock
	@touch $@

latency: setup  # a decision per request, with the watch list at full size
	$(BIN)/python benchmarks/inline_latency.py --write docs/results

regrowth: setup  # what passes before each fresh head is limited, by evasion step: SEEDS="1 2 3"
	$(BIN)/python benchmarks/regrowth.py --seeds $(or $(SEEDS),1 2 3) --write docs/results

bench: setup
	$(BIN)/python benchmarks/kernel.py
	$(BIN)/python benchmarks/ingest.py

lock: setup  # every dependency with its hashes, no index and no host
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header -o requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra engines --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --constraint requirements.lock -o requirements-spark.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra rivals --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --constraint requirements.lock -o requirements-rivals.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra live-tests --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --constraint requirements.lock -o requirements-live.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --extra litellm --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header -o requirements-litellm.lock

clean:
	rm -rf .venv .venv-litellm out
