# A thin front of scripts/ and Meson. `make help` lists what there is.
PREFIX ?= /usr/local
BUILD ?= build

PYTHON ?= python3

.PHONY: build python demo test check format schema bench sanitize fuzz install clean help

build: ## install what is missing, then build build/hone, build/libhone.a, build/libhone.so
	@scripts/setup build
	@scripts/build $(BUILD)

python: ## the Python package: importable from build/python, and as a wheel there (PYTHON=... installs it into that one)
	@scripts/setup python
	@scripts/build $(BUILD)
	@HONE_BUILD_DIR=$(abspath $(BUILD)) python3 python/backend.py
	@if [ "$(origin PYTHON)" != file ]; then $(PYTHON) -m pip install --quiet --force-reinstall --no-deps $(BUILD)/python/hone-*.whl; fi

demo: ## train, evaluate, predict and serve on an example, in a temporary folder
	@scripts/setup demo
	@scripts/build $(BUILD)
	@scripts/demo $(BUILD)/hone

test: ## all tests; the last line is "N passed, N failed, N skipped"
	@scripts/setup test
	@scripts/build $(BUILD)
	@scripts/run-tests $(BUILD)

check: ## format, floors, symbols, api/schema.json, text: seconds
	@scripts/setup test
	@scripts/build $(BUILD)
	@scripts/check $(BUILD)

format: ## bring our C files into form
	@scripts/setup test
	@scripts/check-format --fix

schema: build ## write api/schema.json anew from the declarations
	@scripts/check-schema --fix $(BUILD)

bench: ## measure against other systems on this machine
	@scripts/setup bench
	@scripts/build $(BUILD)
	@bench/run

sanitize: ## tests under the address, undefined-behaviour and thread sanitizers; Python's too
	@scripts/setup test
	@scripts/sanitize

fuzz: ## every fuzzer for FUZZ_SECONDS (60)
	@scripts/setup test
	@scripts/fuzz

install: build ## install under PREFIX (/usr/local); DESTDIR is honoured
	@meson configure $(BUILD) -Dprefix=$(abspath $(PREFIX)) -Dlibdir=lib
	@ninja -C $(BUILD) --quiet
	@mkdir -p $(BUILD)/man $(BUILD)/completions
	@$(BUILD)/hone man $(BUILD)/man >/dev/null
	@$(BUILD)/hone completion bash >$(BUILD)/completions/hone
	@$(BUILD)/hone completion zsh >$(BUILD)/completions/_hone
	@$(BUILD)/hone completion fish >$(BUILD)/completions/hone.fish
	@meson install -C $(BUILD) --no-rebuild --quiet

clean: ## remove what was built (.deps stays)
	rm -rf $(BUILD) build-asan build-tsan build-fuzz

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | while IFS='|' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done
