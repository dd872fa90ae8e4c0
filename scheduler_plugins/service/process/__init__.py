"""What any process on this machine needs: systemd, ports, groups, the garbage collector."""
