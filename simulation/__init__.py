"""A data centre without hardware: for `mdev-scheduler demo`, for tests and for benchmarks.

`datacenter` builds one on loopback; `demo` shows the product in it, `storm` judges the product in it. Below
it stand what it is made of: `engine` (the oVirt engine with its REST API), `vdsm` (VDSM's protocol), `hosts`
(VDSM's way of starting VMs), `kernel` (cards and their mdev bus) and `timeline` (virtual and real time).

Everything here is written from what is known of the real parts, never from this project's own code, which it
judges. It is in no package that is installed: the product knows nothing of it.
"""
