"""A plugin as one would write it first, in the manner of the proxy's samples: the SDK, host by host."""

import os

import ovirtsdk4
import ovirtsdk4.services


def _connection() -> ovirtsdk4.Connection:
    return ovirtsdk4.Connection(
        url=os.environ["ENGINE_URL"], username=os.environ["ENGINE_USER"], password=os.environ["ENGINE_PASSWORD"]
    )


def _wanted(system: ovirtsdk4.services.SystemService, vm: str) -> "list[str]":
    """The types in the VM's custom property."""
    properties = system.vms_service().vm_service(vm).get().custom_properties or []
    texts = [each.value for each in properties if each.name == "mdev_type"]
    return texts[0].split(",") if texts else []


def _free(system: ovirtsdk4.services.SystemService, host: str) -> "dict[str, int]":
    """How many instances of each type the host has left."""
    free: dict[str, int] = {}
    for device in system.hosts_service().host_service(host).devices_service().list():
        for mdev_type in device.m_dev_types or []:
            free[mdev_type.name] = free.get(mdev_type.name, 0) + (mdev_type.available_instances or 0)
    return free


class NaiveFilter:
    """Hosts on which some card shows an instance left of each type."""

    def do_filter(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Hosts with free instances"""
        connection = _connection()
        system = connection.system_service()
        wanted = _wanted(system, vm)
        up = {host.id for host in system.hosts_service().list()}
        fitting = []
        for host in hosts:
            free = _free(system, host)
            if host in up and all(free.get(type_id, 0) >= wanted.count(type_id) for type_id in wanted):
                fitting.append(host)
        connection.close()
        print(fitting)


class NaiveWeight:
    """The fewer instances are left, the better."""

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Fullest host first"""
        connection = _connection()
        system = connection.system_service()
        wanted = _wanted(system, vm)
        up = {host.id for host in system.hosts_service().list()}
        scores = []
        for host in hosts:
            free = _free(system, host)
            left = sum(free.get(type_id, 0) for type_id in wanted)
            scores.append((host, min(left, 1000) if host in up else 1000))
        connection.close()
        print(scores)
