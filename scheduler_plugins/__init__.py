"""Where a VM may and should start: decisions, what asks for them, and their administration."""
