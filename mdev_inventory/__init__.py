"""What every host has: mdev buses read on the host, collected and kept beside the engine."""

__version__ = "0.1.0"
