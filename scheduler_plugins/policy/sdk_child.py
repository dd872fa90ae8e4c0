"""Reads the engine's scheduling policies through its SDK, and takes the steps that it is told.

A program of its own, because the engine machine has the SDK for the platform's Python only: it runs on 3.6
and later, with the standard library and ovirtsdk4. The task, password included, comes as one JSON document on
standard input; the answer is one on standard output. It decides nothing, but for one thing: a POST that the
engine rejects still changes the engine's live policy until the engine is restarted, so it looks right before
it posts, and stops where a policy is locked or a unit is attached already.
"""

import contextlib
import json
import re
import signal
import sys
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

Document = Dict[str, Any]
KINDS = {"filter": "filters", "weight": "weights", "balance": "balances"}


class ChangedError(Exception):
    """The engine no longer is as the plan supposes: somebody else works on it. Nothing was posted."""


def connected(task: Document) -> Any:
    """A connection that has logged in.

    Every request has a connection of its own: where one that was used before ends without an answer, libcurl
    sends the request once more by itself, a POST too, and the engine would reject the second.
    """
    import ovirtsdk4

    connection = ovirtsdk4.Connection(
        url=task["url"],
        username=task["user"],
        password=task["password"],
        ca_file=task["ca_file"],
        timeout=int(task["timeout"]),
        headers={"Connection": "close"},
    )
    connection.authenticate()
    return connection


def served(connection: Any, steps: List[Document]) -> Document:
    """Takes the steps in order, then looks at everything; the answer says how far it got where it failed."""
    hands = Hands(connection.system_service())
    taken = 0
    try:
        for step in steps:
            hands.take(step)
            taken += 1
        return {"state": look(connection.system_service()), "created": hands.created}
    except Exception as error:
        return {"error": explained(error), "taken": taken, "created": hands.created}


def look(system: Any) -> Document:
    """All policy units, all policies with what is attached to them, and which cluster has which."""
    policies = system.scheduling_policies_service()
    return {
        "units": [_unit(one) for one in system.scheduling_policy_units_service().list()],
        "policies": [_policy(one, policies.policy_service(one.id)) for one in policies.list()],
        "clusters": [_cluster(one) for one in system.clusters_service().list()],
    }


class Hands:
    """Takes steps; `created` is the policy that they made, which an empty policy id in later ones means."""

    def __init__(self, system: Any) -> None:
        """Nothing is touched yet."""
        from ovirtsdk4 import types

        self._types = types
        self.created: Optional[str] = None
        self._policies = system.scheduling_policies_service()
        self._clusters = system.clusters_service()
        self._attached: Dict[str, Set[Tuple[str, str]]] = {}
        self._ways: Dict[str, Callable[[Document], None]] = {
            "add-policy": self._add_policy,
            "attach": self._attach,
            "set-properties": self._set_properties,
            "point-cluster": self._point_cluster,
            "remove-policy": self._remove_policy,
        }

    def take(self, step: Document) -> None:
        """Takes one; ChangedError or an error of the SDK where that cannot be."""
        self._ways[step["do"]](step)

    def _add_policy(self, step: Document) -> None:
        if step["name"] in [one.name for one in self._policies.list()]:
            raise ChangedError("there is a policy {} by now".format(step["name"]))
        new = self._types.SchedulingPolicy(name=step["name"], description=step["description"])
        self.created = self._policies.add(new).id
        self._attached[str(self.created)] = set()

    def _attach(self, step: Document) -> None:
        policy, attached = self._looked_at(step)
        kind, unit = step["kind"], self._types.SchedulingPolicyUnit(id=step["unit"])
        if (kind, step["unit"]) in attached:
            raise ChangedError("{} {} is attached by now".format(kind, step["unit"]))
        if kind == "filter":
            policy.filters_service().add(self._types.Filter(position=step["number"], scheduling_policy_unit=unit))
        elif kind == "weight":
            policy.weights_service().add(self._types.Weight(factor=step["number"], scheduling_policy_unit=unit))
        else:
            policy.balances_service().add(self._types.Balance(scheduling_policy_unit=unit))
        attached.add((kind, step["unit"]))

    def _set_properties(self, step: Document) -> None:
        policy, _ = self._looked_at(step)
        policy.update(self._types.SchedulingPolicy(properties=self._properties(step["properties"])))

    def _point_cluster(self, step: Document) -> None:
        cluster = self._clusters.cluster_service(step["cluster"])
        now = _cluster(cluster.get())["policy"]
        if now != step["from"]:
            raise ChangedError(f"the cluster has another policy by now ({now})")
        change = self._types.Cluster(scheduling_policy=self._types.SchedulingPolicy(id=step["policy"] or self.created))
        if step["properties"]:
            change.custom_scheduling_policy_properties = self._properties(step["properties"])
        cluster.update(change)

    def _remove_policy(self, step: Document) -> None:
        self._policies.policy_service(step["policy"]).remove()

    def _looked_at(self, step: Document) -> Tuple[Any, Set[Tuple[str, str]]]:
        """The step's policy and what is attached to it; ChangedError where it is locked."""
        policy_id = step["policy"] or str(self.created)
        policy = self._policies.policy_service(policy_id)
        if policy_id not in self._attached:
            seen = _policy(policy.get(), policy)
            if seen["locked"]:
                raise ChangedError("policy {} is locked: it belongs to the engine".format(seen["name"]))
            self._attached[policy_id] = {(kind, unit) for kind in KINDS for unit, _ in seen[KINDS[kind]]}
        return policy, self._attached[policy_id]

    def _properties(self, values: Dict[str, str]) -> List[Any]:
        return [self._types.Property(name=name, value=value) for name, value in values.items()]


def explained(error: Exception) -> Document:
    """What went wrong, as a `kind` to go by and a text."""
    import ovirtsdk4
    import pycurl

    code, fault = getattr(error, "code", None), getattr(error, "fault", None)
    text = (fault.detail or fault.reason or "" if fault else "") or re.sub(r"<[^>]*>,? ?", "", str(error))
    kind = "failed"
    if isinstance(error, (ChangedError, ovirtsdk4.NotFoundError)):
        kind = "changed"
    elif isinstance(error, ovirtsdk4.AuthError):
        kind = "denied" if code == 403 else "login"
    elif isinstance(error, pycurl.error) or (isinstance(error, ovirtsdk4.Error) and code is None):
        kind = "unreachable"
    elif code in (400, 409):
        kind = "refused"
    return {"kind": kind, "text": text.strip("[]") or type(error).__name__}


def _unit(one: Any) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "type": one.type.value if one.type else "",
        "enabled": one.enabled is not False,
        "internal": bool(one.internal),
        "properties": _values(one.properties),
    }


def _policy(one: Any, service: Any) -> Document:
    """A policy; of each unit attached its id, and a position or factor as the engine has it."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description or "",
        "locked": bool(one.locked),
        "properties": _values(one.properties),
        "filters": [[each.id, each.position or 0] for each in service.filters_service().list()],
        "weights": [[each.id, 1 if each.factor is None else each.factor] for each in service.weights_service().list()],
        "balances": [[each.id, 0] for each in service.balances_service().list()],
    }


def _cluster(one: Any) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "policy": one.scheduling_policy.id if one.scheduling_policy else "",
        "properties": _values(one.custom_scheduling_policy_properties),
    }


def _values(properties: Any) -> Dict[str, str]:
    return {each.name: each.value or "" for each in properties or ()}


def main() -> None:
    """One task, one answer. The SDK logs in and out without any deadline: SIGALRM ends the program then."""
    task = json.loads(sys.stdin.buffer.read().decode())
    try:
        import ovirtsdk4  # noqa: F401
    except ImportError as error:
        _say({"error": {"kind": "no-sdk", "text": str(error)}})
        return
    signal.alarm(int(task["timeout"]))
    try:
        connection = connected(task)
    except Exception as error:
        _say({"error": explained(error), "taken": 0})
        return
    signal.alarm(0)
    _say(served(connection, task["steps"]))
    signal.alarm(int(task["timeout"]))
    with contextlib.suppress(Exception):
        connection.close()


def _say(answer: Document) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
