"""The engine's external scheduler API: the methods behind the engine endpoint, as functions of plain values.

Answers have the shape that ovirt-scheduler-proxy gives them, with one difference: weights come as
[host, weight, unit], so that the engine applies each unit's own factor, and none is applied here.

A unit that fails never loses the call: a Fault would switch off every external unit for it. The
failure goes out beside a usable result, which the engine takes and logs (events 10500 and 10501).
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from xmlrpc.client import METHOD_NOT_FOUND, Fault

from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.engine_endpoint import xmlrpc
from scheduler_plugins.service.questions import Decider, too_much
from scheduler_plugins.units.registry import Unit

log = logging.getLogger("engine_endpoint")
T = TypeVar("T")
Question = tuple[str, list[str], dict[str, str]]
"""The VM, the hosts and the policy's properties."""

OK, ERROR = 0, 1
PARAMETERS = {"discover": 0, "runFilters": 4, "runCostFunctions": 4, "runLoadBalancing": 3}


class External:
    """One decider behind the four methods."""

    def __init__(self, decider: Decider) -> None:
        """Every call asks this decider."""
        self._decider = decider
        self._methods: dict[str, Callable[..., object]] = {
            "discover": self.discover,
            "runFilters": self.run_filters,
            "runCostFunctions": self.run_cost_functions,
            "runLoadBalancing": self.run_load_balancing,
        }

    def call(self, method: str, params: tuple[Any, ...]) -> object:
        """The method's result; raises Fault where the call makes no sense."""
        if method not in self._methods:
            known = ", ".join(self._methods)
            raise Fault(METHOD_NOT_FOUND, f"no method {method[:80]!r}; there are: {known}")
        if len(params) != (count := PARAMETERS[method]):
            raise xmlrpc.invalid(f"{method} takes {count} parameters, not {len(params)}")
        return self._methods[method](*params)

    def discover(self) -> dict[str, dict[str, list[str]]]:
        """Every unit with its description and the regexes of its properties."""
        return {
            "filters": _described(self._decider.filters),
            "scores": _described(self._decider.weights),
            "balance": {},
        }

    def run_filters(self, filters: object, hosts: object, vm: object, properties: object) -> dict[str, object]:
        """The hosts that every filter lets pass; all of them where no filter could tell."""
        units, question = _asked(xmlrpc.names("filters", filters), hosts, vm, properties)
        run, passing = _Run(), list[Sequence[str]]()
        for unit in units:
            decision = run.ask(self._decider.filters, unit, self._decider.filter, question)
            if decision is not None:
                passing.append(decision.fitting)
                run.warn(unit, decision.stale)
        if not passing:
            run.errors.append("all filters failed")
        return run.result(_in_all(passing) if passing else question[1])

    def run_cost_functions(
        self, cost_functions: object, hosts: object, vm: object, properties: object
    ) -> dict[str, object]:
        """Every host's weight by every unit; the factors are left to the engine."""
        units, question = _asked(_units_of(cost_functions), hosts, vm, properties)
        run, scores = _Run(), list[tuple[str, int, str]]()
        for unit in units:
            weighed = run.ask(self._decider.weights, unit, self._decider.weigh, question)
            scores += [(host, weight, unit) for host, weight in weighed or ()]
        return run.result(scores)

    def run_load_balancing(self, balance: object, hosts: object, properties: object) -> dict[str, object]:
        """There is no balance unit: nothing is ever to be migrated."""
        unit = xmlrpc.name("balance", balance)
        _asked([unit], hosts, "", properties)
        run = _Run()
        run.missing(unit)
        return run.result(["", []])


class _Run:
    """The failures of one call, gathered while its units run."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._plugin_errors: dict[str, list[str]] = {}

    def ask(
        self,
        units: Mapping[str, Unit],
        unit: str,
        ask: Callable[[str, str, Sequence[str], Mapping[str, str]], T],
        question: Question,
    ) -> T | None:
        """The unit's answer; None where there is no such unit or it fails, which is then on record."""
        if unit not in units:
            self.missing(unit)
            return None
        try:
            return ask(unit, *question)
        except SchedulerError as error:
            log.warning("No decision unit=%s code=%s error=%s", unit, error.code, error)
            self._plugin_errors[unit] = [f"{error.code}: {error}"]
        except Exception:
            log.exception("Fault in unit=%s", unit)
            self._plugin_errors[unit] = ["fault: see the log of mdev-scheduler"]
        return None

    def warn(self, unit: str, trouble: str) -> None:
        """On record beside the unit's answer, which stands: the engine shows it to the administrator."""
        if trouble:
            self._plugin_errors[unit] = [f"request-from-memory: {trouble}"]

    def missing(self, unit: str) -> None:
        """On record: there is no such unit, in the proxy's words."""
        log.warning("No such unit=%r", unit)
        self._plugin_errors[unit] = [f"plugin not found: '{unit}'"]

    def result(self, result: Sequence[object]) -> dict[str, object]:
        """The answer as the proxy shapes it; the engine reads the errors only where the code is not 0."""
        failed = bool(self.errors or self._plugin_errors)
        answer: dict[str, object] = {"result_code": ERROR if failed else OK, "result": result}
        if self._plugin_errors:
            answer["plugin_errors"] = self._plugin_errors
        if self.errors:
            answer["errors"] = self.errors
        return answer


def _described(units: Mapping[str, Unit]) -> dict[str, list[str]]:
    return {name: [unit.description, unit.properties] for name, unit in units.items()}


def _in_all(passing: Sequence[Iterable[str]]) -> list[str]:
    """The hosts that are in each of these, in the order of the first."""
    in_all = frozenset(passing[0]).intersection(*passing)
    return [host for host in passing[0] if host in in_all]


def _asked(units: Iterable[str], hosts: object, vm: object, properties: object) -> tuple[list[str], Question]:
    """The units and what they are asked; raises Fault.

    Each once: the engine would add up the weights of a host that comes twice, and of a unit's.
    """
    names, host_ids = list(dict.fromkeys(units)), list(dict.fromkeys(xmlrpc.names("hosts", hosts)))
    question = xmlrpc.name("vm", vm), host_ids, xmlrpc.properties(properties)
    if wrong := too_much(names, *question):
        raise xmlrpc.invalid(wrong)
    return names, question


def _units_of(cost_functions: object) -> list[str]:
    if not isinstance(cost_functions, list):
        raise xmlrpc.invalid("cost functions must be an array")
    return [_unit_of(pair) for pair in cost_functions]


def _unit_of(pair: object) -> str:
    if not isinstance(pair, list) or len(pair) != 2:
        raise xmlrpc.invalid("a cost function must be [name, factor]")
    return xmlrpc.name("a cost function's name", pair[0])
