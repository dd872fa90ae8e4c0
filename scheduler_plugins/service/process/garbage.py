"""The garbage collector of a process that holds a thousand inventories."""

import gc

THRESHOLDS = (10_000, 20, 50)
"""Inventories come and go without any cycle, by their counts alone."""


def collect_seldom() -> None:
    """What was loaded so far stays: to look for cycles in it takes 20 ms, each second of a boot storm."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
