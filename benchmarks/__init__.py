"""What the system is worth, measured: nothing in the service leans on it (extra `bench`)."""
