# One word per task; `make` alone lists them. Recipes call scripts/, which also work on their own.

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/skytrail
export SKYTRAIL_CACHE ?= $(CACHE)
export CARGO_TARGET_DIR ?= $(CACHE)/target

.DEFAULT_GOAL := help
.PHONY: help run test check lint instructions bench docs-img soak crashes cases clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, start the server with its data in ./data, and send it demo traffic
	@scripts/run

test: ## all tests: unit, integration, and end to end with real agents (installed on first use)
	@scripts/test

check: lint instructions ## what must pass before a commit: format, lints, tidy, instructions per span, unit and integration tests
	@scripts/test --no-agents

lint: ## format, lints and tidy only, those of the pages included
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask tidy
	@scripts/web check

instructions: ## instructions per span of the hot paths, against the committed ones (needs valgrind)
	@scripts/instructions

bench: ## speed and memory, as ratios measured side by side in one run
	@scripts/web build || echo "bench: without the pages"
	cargo run --release --locked --package skytrail-bench

docs-img: ## pictures of every page (web/e2e/out), and those of the guide (docs/user/img)
	@scripts/browser docs-img

soak: ## hostile and random input on every port for SOAK_SECONDS (600)
	@scripts/soak

crashes: ## kill a server CRASHES_ROUNDS (20) times, fill its disk, and play CRASHES_IMAGES (10000) simulated crashes
	@scripts/crashes
	@scripts/full-disk
	@scripts/crash-images

cases: ## drive the demo traffic through a swctl of yours: make cases SWCTL=path
	@scripts/cases "$(SWCTL)"

clean: ## delete what was built; the data in ./data and the installed agents stay
	cargo clean
