"""The resident service: its doors, its life, its configuration's effects."""
