"""What the cluster's VMs ask for, and how long they live.

The entrances are `mix.Mixes` and `learning.Learning`. It knows nothing of hosts and decisions.
"""
