# Two commands do all the set-up: `make run` and `make test`. VENV names the environment's folder, so that it can be reused.
VENV ?= .venv
BIN = $(VENV)/bin
PYTEST = $(BIN)/python -m pytest
EVERYTHING = dev,train,weights,quantized,sharded,mlflow
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: run test test-long check bench services sample detector format clean

run:  ## the sample watch, end to end
	@scripts/env.sh $(VENV) runtime
	@$(BIN)/roadstead watch configs/sample.toml --out runs/sample --fast

test: services  ## everything, incl. the training extra
	@scripts/env.sh $(VENV) $(EVERYTHING)
	$(BIN)/lint-imports --config pyproject.toml
	$(PYTEST) -m "not long" -n 2 --dist loadgroup

test-long: services  ## what takes minutes
	@scripts/env.sh $(VENV) $(EVERYTHING)
	$(PYTEST) -m long

check:  ## the quick gate: format, lint, types, contracts, quick tests
	@scripts/env.sh $(VENV) $(EVERYTHING)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml
	$(PYTEST) -m "not slow and not long and not torch" -n 2 --dist loadgroup -q

bench:  ## every benchmark, each with its bar; peers go into environments of their own
	@scripts/env.sh $(VENV) $(EVERYTHING)
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || failed="$$failed $$file"; done; \
	if [ -n "$$failed" ]; then echo "bars missed in:$$failed"; exit 1; fi

services:  ## install and start what the tests talk to, where that is possible
	@scripts/services.sh

sample:  ## render the sample that ships again, and write its settings
	@scripts/env.sh $(VENV) dev
	$(BIN)/python examples/make_sample.py --out samples --settings configs

detector:  ## train the detectors that ship again: needs ROADSTEAD_DATA, npm and two hours; each leaves runs/<name>/bundle
	@scripts/env.sh $(VENV) $(EVERYTHING)
	$(BIN)/python scripts/phone_weights.py runs/weights
	$(BIN)/roadstead simulate dataset configs/datasets/detector.toml --out runs/datasets/detector
	$(BIN)/roadstead train examples/train/shipped-detector-photographs.toml --out runs/shipped-detector-photographs
	$(BIN)/roadstead train examples/train/shipped-detector.toml --out runs/shipped-detector
	$(BIN)/roadstead train examples/train/shipped-detector-fast.toml --out runs/shipped-detector-fast

format:
	@scripts/env.sh $(VENV) dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
