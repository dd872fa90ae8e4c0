"""`python -m scheduler_plugins` is `mdev-scheduler`."""

from scheduler_plugins.cli.app import main

main()
