"""What any service on this machine needs: an HTTP server, sockets that listen, systemd, groups.

There is no one entrance: each file is one thing. Nothing here knows of hosts, VMs or decisions.
"""
