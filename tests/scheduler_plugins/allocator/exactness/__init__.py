"""Random hosts of all families, what they really do, and how often a verdict differs from that."""
