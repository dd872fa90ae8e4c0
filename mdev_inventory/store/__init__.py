"""What is known of hosts and VMs: in memory for whoever decides, behind that in one SQLite file.

The entrances are `inventories.Inventories` (now) and `store.Store` (over a restart). It asks nobody anything,
and what claims and lifetimes mean is not its matter: it keeps them as text.
"""
