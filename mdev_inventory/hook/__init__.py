"""What runs on a host: VDSM's capability extension that publishes the host's mdev bus.

The entrance is `vdsm_hook.main`. Runs on Python 3.6, standard library only: it may import nothing but the
models and the module of the inventory's JSON forms. `tools/hook_file.py` makes the one file that hosts get.
"""
