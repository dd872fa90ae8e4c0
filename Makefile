# Every target does its own set-up: the virtual environment (.venv), and the system's packages where it may.
BIN := .venv/bin
# What runs under VDSM's or the proxy's interpreter: standard library only, Python 3.6 and later.
FLOOR := $(addprefix mdev_inventory/,__init__.py descriptions.py inventory_json.py model.py hook/__init__.py \
                 hook/answers.py hook/bare_cards.py hook/capabilities_file.py hook/deadline.py hook/files.py \
                 hook/reading.py hook/slots.py hook/sysfs.py hook/vdsm_hook.py) \
         scheduler_plugins/policy/sdk_child.py scheduler_plugins/proxy/mdev_units.py

.PHONY: demo storm soak test test-long fuzz fuzz-short exactness bench test-kernel lint graph format hook rpm bundle test-install test-ansible bench-placement mutation clean

demo: .venv/demo.stamp            ## a simulated data centre on loopback starts VMs, and says why where
	$(BIN)/mdev-scheduler demo $(DEMO)

storm: .venv/demo.stamp           ## 500 starts at once, judged by the hosts' true state (minutes)
	$(BIN)/python -m simulation.storm --json storm.json $(STORM)

soak: .venv/demo.stamp            ## half an hour of a mixed load: does the service grow?
	$(BIN)/python -m simulation.soak $(SOAK)

bench: .venv/bench.stamp          ## how fast it is, against its floors and a naive plugin (minutes)
	$(BIN)/python -m benchmarks.speed --json bench.json $(BENCH)

test: .venv/dev.stamp             ## all tests
	$(BIN)/pytest -n 2 $(TESTS)

test-long: .venv/dev.stamp        ## verdicts against the simulated host, 20,000 in each test; promises under kills (minutes)
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n 2 tests/scheduler_plugins/allocator/test_exactness.py \
		tests/simulation/storm/test_history.py

fuzz: .venv/dev.stamp             ## all that comes from outside, fuzzed guided by coverage (an hour)
	.ci/venv dev fuzz
	$(BIN)/python -m tests.fuzz --seconds 3600 $(FUZZ)

fuzz-short: .venv/dev.stamp       ## the same for a minute
	.ci/venv dev fuzz
	$(BIN)/python -m tests.fuzz --seconds 60 $(FUZZ)

exactness: .venv/dev.stamp        ## how often a verdict refuses what a host would create, by family (minutes)
	$(BIN)/python -m tests.scheduler_plugins.allocator.exactness $(EXACTNESS)

test-kernel: dist/50_mdev_inventory  ## hook and replay on a real kernel's mdev bus, emulated (Debian 12)
	$(BIN)/python -m tests.kernel $(KERNEL)

graph: .venv/dev.stamp            ## circles, floors and sizes of the code; docs/architecture.md drawn anew
	$(BIN)/python -m tests.architecture --write

lint: .venv/dev.stamp             ## ruff, mypy (strict), the layers, and the 3.6 floor
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --quiet --no-tips --no-parse-comments --eval-annotations --violations --target=3.6- $(FLOOR)

bench-placement: .venv/bench.stamp ## the weights judged by replayed demand (minutes)
	$(BIN)/python -m benchmarks.placement --json placement.json $(PLACEMENT)

format: .venv/dev.stamp           ## what `make lint` asks for, done
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hook: dist/50_mdev_inventory      ## the capability extension for hosts: one executable file

dist/50_mdev_inventory: .venv/demo.stamp $(wildcard mdev_inventory/*.py mdev_inventory/hook/*.py)
	$(BIN)/python -m tools.hook_file $@

rpm: dist/50_mdev_inventory       ## the hook as the hosts' package, for dnf: survives a new image of oVirt Node
	deploy/rpm/build $< dist

bundle: .venv/demo.stamp          ## one archive for the engine machine: service, dependencies, installer
	$(BIN)/python deploy/bundle/build.py dist

test-install: .venv/dev.stamp rpm ## both packages installed into empty roots, offline, and run from there
	BUNDLE=$$($(BIN)/python deploy/bundle/build.py dist) $(BIN)/pytest -n 2 --dist loadgroup tests/deploy

test-ansible: .venv/dev.stamp rpm ## ansible-lint, then the playbook really run on two roots (minutes; root only)
	.ci/venv dev deploy
	$(BIN)/ansible-lint --offline --profile production deploy/ansible
	tests/deploy/roots/debian build/debian-root
	PATH=$(CURDIR)/$(BIN):$$PATH DEBIAN_ROOT=build/debian-root RPM=$$(deploy/rpm/build dist/50_mdev_inventory dist) \
		BUNDLE=$$($(BIN)/python deploy/bundle/build.py dist) $(BIN)/pytest tests/deploy/test_ansible.py

mutation: .venv/dev.stamp         ## would a test notice a changed decision? (minutes)
	.ci/venv dev mutation
	mkdir -p build
	$(BIN)/mutmut run >build/mutmut.log || { tail -n 40 build/mutmut.log; exit 1; }
	$(BIN)/mutmut results

clean:
	rm -rf .venv build dist mutants storm.json bench.json placement.json *.egg-info

.venv/demo.stamp: setup.cfg pyproject.toml .ci/venv
	.ci/venv
	touch $@

.venv/dev.stamp: setup.cfg pyproject.toml .ci/venv .ci/sdk
	.ci/venv dev
	.ci/sdk
	touch $@ .venv/demo.stamp

.venv/bench.stamp: setup.cfg pyproject.toml .ci/venv .ci/sdk
	.ci/venv bench
	.ci/sdk
	touch $@ .venv/demo.stamp
