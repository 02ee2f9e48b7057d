# Two commands: `make preprod` and `make test`. Each does all set-up it needs (Debian 12, root, Python 3.11).
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# Debian packages that a controller with a lab needs; python3-… let the tests run the engine as a host does, the last two make PDF.
PACKAGES := python3-venv git openssl openssh-client iproute2 procps systemd-container mmdebstrap nftables dnsmasq-base apt-cacher-ng age \
	python3-aiohttp python3-lxml python3-cryptography python3-xmlsec libpangoft2-1.0-0 fonts-dejavu-core

.PHONY: help preprod test setup lint unit molecule end-to-end journey bench lab-down clean constraints golden mutations judges alerts

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

preprod: setup ## the main job in the lab: hosts, proxies, firewall, certificates, CPA, Ping and Pong
	lz lab up preprod
	lz dossier sign
	ansible-playbook playbooks/preprod.yml
	@lz status

test: setup lint unit molecule end-to-end journey ## all set-up, then every test

setup: $(VENV)/.ready ## Debian packages and the Python environment

$(VENV)/.ready: pyproject.toml constraints.txt
	@command -v apt-get >/dev/null || { echo "make setup: needs Debian (apt-get not found)"; exit 1; }
	@[ "$$(id -u)" = 0 ] || { echo "make setup: run as root; it installs Debian packages and starts hosts"; exit 1; }
	@dpkg -s $(PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null; }
	@# The lab runs a cache of its own, on its own address; Debian's would take the port.
	@[ ! -d /run/systemd/system ] || systemctl disable -q --now apt-cacher-ng
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q -c constraints.txt -e '.[test]'
	@touch $@

lint: setup ## ruff, mypy strict, ansible-lint (production)
	ruff check .
	ruff format --check .
	mypy
	@# Every control has a check.py of its own, so each is a program of its own to mypy.
	@for check in policies/controls/*/check.py; do mypy --no-error-summary $$check || exit 1; done
	ansible-lint --offline -q

unit: setup ## unit tests and the rules over our own files
	pytest -q tests/unit tests/repo

molecule: setup ## every role alone on a fresh host: check, converge, idempotence, verify
	tests/molecule/run

end-to-end: setup ## the engine, the lab and the whole of preprod, faults included
	pytest -q tests/integration

journey: setup ## an organisation's whole connection, day by day, in the lab: every refusal is real
	LZ_LAB_INSTANCE=7 lz lab journey
	LZ_LAB_INSTANCE=7 lz lab journey --as supplier --output build/journey-supplier
	LZ_LAB_INSTANCE=7 lz lab destroy

bench: setup ## the figures of the README
	python tests/bench/run.py
	python tests/bench/policies.py --bare
	python tests/bench/policies.py
	python tests/bench/documents.py
	python tests/bench/commands.py

mutations: setup ## break every fact that a control reads and count what becomes of it
	python -m tests.unit.policies.mutations

judges: setup ## have trestle, sarif-multitool, pa11y and veraPDF judge the reports (fetches them; needs npm, chromium, maven)
	tests/outside/run

alerts: ## have promtool test the alert rules (fetches Debian's package of Prometheus, without installing it)
	tests/outside/alerts

golden: setup ## renew the verdicts that the tests expect along the journey; read the diff
	LZ_WRITE_GOLDEN=1 pytest -q tests/unit/policy/test_journey.py

lab-down: setup ## stop the lab and remove all of it but the cache
	lz lab destroy

clean: lab-down ## also the virtual environment
	rm -rf $(VENV) build

constraints: setup ## renew constraints.txt from what is installed
	@{ head -1 constraints.txt; $(VENV)/bin/pip freeze --exclude-editable; } > constraints.new && mv constraints.new constraints.txt
