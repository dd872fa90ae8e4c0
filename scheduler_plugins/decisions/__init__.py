"""One question answered: what the VM asks for, how each host stands, which hosts are answered.

The entrance is `scheduler.Scheduler`. It knows nothing of the endpoints through which it is asked.
"""
