"""The resident service: its endpoints, its life, its configuration's effects."""
