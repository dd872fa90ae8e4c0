"""Our units in the engine's scheduling policies: what is there, what has to change, and who changes it.

`plan` decides, on plain data; `runner` starts `sdk_child` under a Python that has the engine's SDK, which
reads that data and takes the steps decided on. It knows units by name, and nothing of hosts.
"""
