"""Everything that comes from outside, read by the product from bytes that a fuzzer makes up.

`targets` has what is read and which errors are foreseen; anything else is a finding. `python -m tests.fuzz` runs
them guided by coverage (atheris), each in a process of its own; `test_targets.py` runs them without it.
"""
