"""The code measured and drawn: its import graph, rooms and sizes, and what they may be (`make graph`)."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ("scheduler_plugins", "mdev_inventory")
BESIDE = ("benchmarks", "simulation", "tools")
"""What stands beside the product: not installed, and not in the engine machine's package."""
