"""The checks: each is a function from the facts to findings about one link, and asks nobody."""
