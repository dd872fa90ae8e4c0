"""What the engine does: choosing hosts, starting, stopping and migrating VMs, refreshing hosts.

One file per command or watcher, each handed the engine's `World`. They are called by `SimulatedEngine` alone,
and know nothing of the REST API.
"""
