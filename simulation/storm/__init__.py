"""The boot storm: far more starts than hosts can take at leisure, judged by the hosts' true state.

`plan` says what happens, `referee` what would have been right, `virtual` runs it in virtual time and `real`
over real sockets; `report` shows the figures. `python -m simulation.storm` runs all.
"""
