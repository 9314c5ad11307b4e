# What a newcomer needs is Python 3.11 or later, git and make; everything else comes from requirements.lock into .venv.
#   make run     start Kring here (KRING_PORT, KRING_DATA move it)      make test    all tests
#   make check   lint, types, architecture                              make bench   the benchmarks
#   make test-postgres   every story, with all databases in PostgreSQL
#   make replay  an integrator from the first of EVENTS (100,000) events, over a restart and a loss of the broker; some minutes
#   make lock    renew requirements.lock after a change of pyproject.toml
#   make faults  a node killed, or failing, at every call to the disk, a relay at every send, a restore at every step; PLACES tries some again
#   make soak    kills at any moment for MINUTES (10), by the plan that SEED gives; then everything acknowledged is looked for

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV := $(shell sed -n 's/.*"\(uv==[0-9.]*\)".*/\1/p' pyproject.toml)
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --extra dev --extra traces --python-version 3.11 \
	--custom-compile-command "make lock" pyproject.toml
# GNU make 4 runs the checks two at a time and keeps each one's output together; make 3.81 runs them one by one.
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--jobs=2 --output-sync=target)
CHECKS := format lint types domain-types architecture dependencies unused spelling lock-current

.PHONY: run test test-postgres check bench replay faults soak lock setup $(CHECKS)
.NOTPARALLEL: run test test-postgres bench replay faults soak lock

run: $(READY)
	@$(BIN)/kring up

test: $(READY)
	$(BIN)/coverage erase
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --include='services/*/domain/*,services/*/policies/*' --fail-under=100
	$(BIN)/coverage report --fail-under=90

check: $(READY)
	@$(MAKE) --no-print-directory --keep-going $(TOGETHER) $(CHECKS)
	@echo "check: all is well"

# Stories are told on SQLite, those that turn on the engine on both; here all of them on PostgreSQL.
test-postgres: $(READY)
	ENGINE=postgres $(BIN)/python -m pytest --numprocesses 2 --dist worksteal tests/flows

bench: $(READY)
	$(BIN)/python -m tests.bench

EVENTS ?= 100000
replay: $(READY)
	REPLAYED=$(EVENTS) $(BIN)/python -m pytest --log-cli-level=INFO -k replays_all tests/flows/test_integrators.py

faults: $(READY)
	$(BIN)/python -m tests.faults $(PLACES)
	$(if $(PLACES),,EVERY_STEP=1 $(BIN)/python -m pytest --no-cov tests/faults/test_restore.py)

MINUTES ?= 10
soak: $(READY)
	$(BIN)/python -m tests.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

lock: $(READY)
	$(COMPILE) --output-file requirements.lock

setup: $(READY)

# ---- the environment, made once and again when the lock file or pyproject.toml changes

# Made again too when nats-server is not there any more: the list of packages does not show that a file of one is gone.
AGAIN := $(if $(wildcard $(BIN)/nats-server),,again)
.PHONY: again
again:

$(READY): requirements.lock pyproject.toml $(AGAIN)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Kring needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)."; \
		echo "Name another one, for example: make $(firstword $(MAKECMDGOALS) run) PYTHON=python3.12"; exit 1; }
	@echo "Preparing .venv (once; it takes about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)"
	@echo "  packages of requirements.lock, each checked by its hash"
	@$(BIN)/uv pip sync --quiet $(if $(AGAIN),--reinstall) --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $(READY)

# ---- the checks, one command each

format:
	$(BIN)/ruff format --check .

lint:
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

domain-types:
	$(BIN)/pyright

architecture:
	$(BIN)/lint-imports --no-logo

dependencies:
	$(BIN)/deptry .

unused:
	$(BIN)/vulture

spelling:
	$(BIN)/typos

# Compiles onto a copy, so that pins are kept and only what pyproject.toml asks for can differ; hashes may grow, versions may not.
lock-current:
	@echo "lock file against pyproject.toml"
	@new=$$(mktemp) && trap 'rm -f $$new $$new.pins' EXIT && cp requirements.lock $$new && $(COMPILE) --output-file $$new >/dev/null && \
		grep '^[a-z].*==' $$new > $$new.pins && grep '^[a-z].*==' requirements.lock | diff - $$new.pins || \
		{ echo "requirements.lock is not what pyproject.toml asks for: run make lock"; exit 1; }
