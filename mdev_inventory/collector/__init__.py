"""Keeps the inventories fresh: every host and the engine, asked on a schedule and when something happened.

The entrance is `collector.Collector`. It writes what it learns into `store`, and knows nothing of decisions:
who wants to hear of VMs registers as a listener.
"""
