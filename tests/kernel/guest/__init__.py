"""What runs inside the guest: the checks, with the standard library and the project's own code only."""

PARTS = ("exhaustion", "chance")
"""What `tests.kernel.guest` is told to run: a guest for each, because emulation is slow."""
