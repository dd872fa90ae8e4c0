"""What is made of replays: whole grids run side by side, compared with statistics, and printed.

`run.run` is the entrance; `policies` names the rules, `bound` is what no policy can exceed.
"""
