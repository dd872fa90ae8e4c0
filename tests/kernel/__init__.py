"""The hook and the replay on a real kernel's mdev bus: `make test-kernel`.

Debian's own kernel boots under plain emulation, with the stock mdev core and the kernel's sample drivers
mtty, mdpy and mbochs built from Debian's linux-source. What runs inside is `tests.kernel.guest`; the rest
prepares and boots the machine.
"""
