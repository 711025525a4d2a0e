# Thin on purpose: every line is a command that you could type.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# What Django's own checks need in order to load the settings; nothing here is secret or real.
CHECK_ENV := env ENV_FILE=tests/check.env

.PHONY: run test check bench reset lock screenshots

run: $(INSTALLED)  ## the whole site on this machine
	@exec $(BIN)/python -m localaws.run

test: $(INSTALLED)  ## every test, the browser's included
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

check: $(INSTALLED)  ## everything that can be told without running the site
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK_ENV) $(BIN)/mypy
	git ls-files --cached --others --exclude-standard 'templates/*.html' | xargs $(BIN)/djade --check --target-version 5.2
	$(BIN)/lint-imports
	$(CHECK_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(CHECK_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/cfn-lint infra/*.yaml

bench: $(INSTALLED)  ## the measurements, each beside its peer
	$(BIN)/python -m bench

screenshots: $(INSTALLED)  ## the pictures in the README
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.screenshots

reset:  ## forget this machine's people, files and sessions
	@$(PYTHON) -m localaws.reset

lock: $(INSTALLED)  ## recompile both requirements files from pyproject.toml
	$(BIN)/uv pip compile --universal --no-strip-extras --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --all-extras --group dev -o requirements-dev.txt
	$(BIN)/uv pip compile --universal --no-strip-extras --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --all-extras -c requirements-dev.txt -o requirements.txt

$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Strongbox needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
