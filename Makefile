# Everything is set up on demand: no target needs another one to be run first.

VENV = .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.ready
CLIENTS = .venv-clients
PYTEST = $(BIN)/pytest
ARGS =
# Two processes suit the two cores of a small CI machine; WORKERS=0 runs in one.
WORKERS = 2
COVERAGE = 90
SEEDS = 200
FIRST = 1
JOBS = 2
SEED =
QUICK = -m 'not slow' --ignore=tests/benchmarks --ignore=tests/clients

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help docs qualify nightly test test-slow test-all test-clients lint bench demo-fault lock clean

help: ## list the targets
	@echo "usage: make TARGET [ARGS='...']"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | \
	    while IFS='|' read -r target text; do printf '%-14s%s\n' "$$target" "$$text"; done

qualify: $(STAMP) ## run the qualification suites on simulated devices (ARGS go to pytest)
	$(PYTEST) suites/ $(ARGS)

nightly: $(STAMP) ## run every suite at length on every simulated testbed, into one folder (25 minutes)
	.ci/nightly $(ARGS)

test: $(STAMP) ## run the project's own tests and hold their coverage (at most 10 minutes)
	$(PYTEST) tests $(QUICK) -n $(WORKERS) --dist loadfile -q \
	    --cov --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE) $(ARGS)

test-slow: $(STAMP) ## run the tests that `make test` leaves out for their length
	$(PYTEST) tests -m slow -n $(WORKERS) --dist loadfile -q $(ARGS) || [ $$? -eq 5 ]

test-all: test test-slow ## both

test-clients: $(STAMP) $(CLIENTS)/.ready ## try NAPALM, Ansible and other foreign clients on simulated devices
	HARNESS_CLIENTS=required $(CLIENTS)/bin/python -m pytest tests/clients \
	    --confcutdir=tests/clients -n $(WORKERS) --dist loadfile -q $(ARGS)

chaos: $(STAMP) ## let something die in SEEDS=200 seeded runs from FIRST=1 on; SEED=17 tells one's story
	PYTHONPATH=tests/chaos $(BIN)/python -m campaign $(if $(SEED),--seed $(SEED), \
	    --seeds $(SEEDS) --first $(FIRST) --jobs $(JOBS)) $(ARGS)

lint: $(STAMP) ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## print figures of one run: drivers beside a bare client, devices and plans at scale
	$(BIN)/python tests/benchmarks/bench_drivers.py $(ARGS)
	$(BIN)/python tests/benchmarks/bench_simulator.py
	$(BIN)/python tests/benchmarks/bench_safety.py
	$(BIN)/python tests/benchmarks/bench_evidence.py
	$(BIN)/python tests/benchmarks/bench_plans.py
	$(BIN)/python tests/benchmarks/bench_fleets.py full
	$(BIN)/python tests/benchmarks/bench_events.py

demo-fault: $(STAMP) ## a device drops one tunnel: the run goes red and names it
	@echo "A simulated device will accept every tunnel and drop one: the run below has to fail."
	@if $(PYTEST) suites/ --testbed testbeds/demo-fault.yaml $(ARGS); then \
	    echo "demo-fault: the run is green, the dropped tunnel went unnoticed" >&2; exit 1; \
	else \
	    status=$$?; \
	    if [ $$status -ne 1 ]; then \
	        echo "demo-fault: pytest ended with $$status, not with failed cases" >&2; exit $$status; \
	    fi; \
	    echo "demo-fault: red as it has to be; the failure above names the tunnel."; \
	fi

docs: $(STAMP) ## draw the pictures and tables of docs/ that come from code
	$(BIN)/python -m harness.deploy.deadman_page docs/dead-mans-switch.md

LOCKING = uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11
lock: $(STAMP) ## resolve pyproject.toml anew into the two lock files
	$(BIN)/$(LOCKING) --group dev --extra keyring pyproject.toml -o requirements.lock
	$(BIN)/$(LOCKING) --group clients -o requirements-clients.lock

clean: ## remove what the targets made: environment, caches, coverage; reports stay
	rm -rf $(VENV) $(CLIENTS) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache build dist *.egg-info
	find harness suites tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment for everything. The interpreter is tried, not looked up: a version manager's
# shim may stand on PATH for a version that isn't selected.
$(STAMP): requirements.lock pyproject.toml
	@python=; for each in python3.13 python3.12 python3.11 python3; do \
	    if $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	        >/dev/null 2>&1; then python=$$each; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "needed: Python 3.11 or newer with venv (python3.13, 3.12, 3.11 and python3 were tried)" >&2; \
	    exit 1; \
	fi; \
	echo "setting up $(VENV) with $$($$python --version), once: about a minute"; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    $$python -m venv --clear $(VENV); \
	fi
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $(STAMP)
	@echo "ready: $(BIN)/pytest suites/ and $(BIN)/harness --help"

# The clients have versions of their own, and none of them is part of the product.
$(CLIENTS)/.ready: requirements-clients.lock | $(STAMP)
	@echo "setting up $(CLIENTS), once: about half a minute, 650 MB"
	@$(BIN)/python -m venv --clear $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install -q --require-hashes -r requirements-clients.lock
	@touch $@
