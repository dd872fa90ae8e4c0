"""Events for the Administration Portal: why a VM found no host, and what happened while the service was down.

The entrances are `portal.Portal` and `reports.Reports`. They are told of a decision after its answer.
"""
