"""A running data centre on loopback: hosts with their VDSMs, an engine with its REST API, and our service.

`DataCenter` puts hosts, VDSMs and the engine together from `plans`; `service_process` runs the service beside
it, `proxy_process` the proxy's plugin. It has no opinion on what happens in it: see `demo` and `storm`.
"""

from simulation.datacenter.center import DataCenter

__all__ = ["DataCenter"]
