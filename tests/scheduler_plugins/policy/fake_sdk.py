"""Runs the SDK's child with an SDK of our own making, for interpreters that lack the real one.

`python fake_sdk.py CHILD`: the task comes on standard input, as ever. The engine is a policy and a cluster in
memory. Keeps to Python 3.6, as the child does.
"""

import importlib.util
import sys
import types
from typing import Any


class Record:
    """Any object of the SDK: what it was made with, and None for the rest."""

    def __init__(self, **members: Any) -> None:
        self.__dict__.update(members)

    def __getattr__(self, name: str) -> Any:
        """What it was not made with."""
        return None


class FakeError(Exception):
    """The SDK's own."""

    code = fault = None


class Members:
    """A collection of records, and everything below it."""

    def __init__(self, *records: Any) -> None:
        self.records = list(records)
        self.below = {}  # type: Any

    def list(self) -> Any:
        """All of them."""
        return self.records

    def add(self, new: Any) -> Any:
        """A unit's id is its own, a policy's its name."""
        new.id = new.scheduling_policy_unit.id if new.scheduling_policy_unit else new.name
        self.records.append(new)
        return new

    def one(self, record_id: str) -> Any:
        """One of them, whether it is there or not."""
        return self.below.setdefault(record_id, Member(self, record_id))

    policy_service = cluster_service = one


class Member:
    """One of a collection; a policy has collections of its own."""

    def __init__(self, home: Members, record_id: str) -> None:
        self.home, self.id = home, record_id
        self.filters, self.weights, self.balances = Members(), Members(), Members()

    def get(self) -> Any:
        """It, or the error for what is not there."""
        found = [each for each in self.home.records if each.id == self.id]
        if not found:
            raise sys.modules["ovirtsdk4"].NotFoundError("no " + self.id)
        return found[0]

    def update(self, change: Any) -> None:
        """Members that are given replace its own."""
        self.get().__dict__.update(change.__dict__)

    def remove(self) -> None:
        """It is not there any more."""
        self.home.records.remove(self.get())

    def filters_service(self) -> Members:
        """A policy's filters."""
        return self.filters

    def weights_service(self) -> Members:
        """Its weights."""
        return self.weights

    def balances_service(self) -> Members:
        """Its balances."""
        return self.balances


class Connection:
    """The engine: one unit, one policy, one cluster."""

    def __init__(self, **options: Any) -> None:
        assert options["password"] == "secret"
        unit = Record(id="u", name="MdevFilter", type=Record(value="filter"), enabled=True)
        self.units = Members(unit)
        self.policies = Members(Record(id="even", name="even", locked=True))
        self.clusters = Members(Record(id="c", name="gpu", scheduling_policy=Record(id="even")))

    def authenticate(self) -> None:
        """Nobody is refused."""

    def close(self) -> None:
        """Nobody minds what becomes of it."""
        raise FakeError("logged out already")

    def system_service(self) -> Any:
        """Where everything begins."""
        return Record(
            scheduling_policies_service=lambda: self.policies,
            scheduling_policy_units_service=lambda: self.units,
            clusters_service=lambda: self.clusters,
        )


def install() -> None:
    """As if it were installed."""
    sdk, records, curl = (types.ModuleType(name) for name in ("ovirtsdk4", "ovirtsdk4.types", "pycurl"))
    for name in ("SchedulingPolicy", "SchedulingPolicyUnit", "Filter", "Weight", "Balance", "Cluster", "Property"):
        setattr(records, name, Record)
    for name in ("NotFoundError", "AuthError"):
        setattr(sdk, name, type(name, (FakeError,), {}))
    members = {"Error": FakeError, "Connection": Connection, "types": records}
    sdk.__dict__.update(members)
    curl.__dict__["error"] = type("error", (Exception,), {})
    sys.modules.update({"ovirtsdk4": sdk, "ovirtsdk4.types": records, "pycurl": curl})


def main() -> None:
    """Loads the child from its file and runs it."""
    install()
    spec = importlib.util.spec_from_file_location("sdk_child", sys.argv[1])
    assert spec is not None
    assert spec.loader is not None
    child = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(child)
    child.main()


if __name__ == "__main__":
    main()
