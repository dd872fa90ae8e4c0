"""Where a VM may and should start: decisions, the doors they are asked through, and their administration."""
