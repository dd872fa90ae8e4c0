"""The resident service: a folder for each endpoint, and its life.

The entrance is `life.serve`. It decides nothing: every endpoint asks the scheduler (`questions.Decider`).
"""
