"""Demand replayed against a fleet, one decision after the other, compiled.

`replay.replay` is the entrance: hosts are chosen by a rule of `rules` or `weighing`. `card_choice` and
`draining` replay what no weight can do, `sharing` is the simulator of the sanity check. The room knows arrays
alone (`state`): neither where a demand comes from nor what is made of an outcome.
"""
