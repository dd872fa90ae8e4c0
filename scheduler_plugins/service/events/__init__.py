"""Told in the Administration Portal's events: refusals, and what happened while nobody could say so."""
