"""The engine: what it knows of hosts, VMs and host devices, asked over its REST API."""
