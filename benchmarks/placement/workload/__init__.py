"""What is replayed: fleets of real cards, the demand that comes to them, and the grids of cases of both.

`demand.demand_of` makes a demand, `fleets.fleet` a fleet; `openb` reads the published trace.
"""
