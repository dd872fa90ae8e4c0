"""The simulated engine's REST API: JSON over a real HTTP(S) server, with faults on demand."""
