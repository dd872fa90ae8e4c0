"""What may be broken in a site, each alone: a context manager that breaks it and mends it again."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.scheduler_plugins.doctor.site import Site

Broken = Callable[[Site], AbstractContextManager[None]]


@contextmanager
def changed(thing: object, **members: object) -> Iterator[None]:
    """It has other members for a while."""
    right = {name: getattr(thing, name) for name in members}
    try:
        for name, value in members.items():
            setattr(thing, name, value)
        yield
    finally:
        for name, value in right.items():
            setattr(thing, name, value)


def options(text: Callable[[Site], str]) -> Broken:
    """Other keys of the configuration."""
    return lambda site: changed(site, options=text(site))


def on_host(broken: Broken) -> Broken:
    """So that the hosts are to be asked again when it is mended."""

    @contextmanager
    def marked(site: Site) -> Iterator[None]:
        try:
            with broken(site):
                yield
        finally:
            site.mended_at = time.time()

    return marked


def mode(path: Callable[[Site], Path], wrong: int) -> Broken:
    """A file or folder with other permissions."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        right = path(site).stat().st_mode
        path(site).chmod(wrong)
        try:
            yield
        finally:
            path(site).chmod(right)

    return on_host(broken)
