"""What runs on a host: VDSM's capability extension that publishes the host's mdev bus.

The entrance is `vdsm_hook.main`; `tools.hook_file` makes the one file that hosts get. Runs on Python 3.6,
standard library only: it may import nothing but the models and `inventory_json`.
"""
