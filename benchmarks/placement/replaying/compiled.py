"""Compiles the inner loops of the benchmark to machine code; the one module that knows numba.

What is compiled is kept on disk, one folder for each state of the sources: a change of a function that others
have taken in would go unnoticed otherwise.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import TypeVar, cast

import numba
import numba.core.config

from scheduler_plugins.demand import lifetimes
from scheduler_plugins.units import scores

Function = TypeVar("Function", bound=Callable[..., object])
_INLINED = ("ages.py", "replay.py", "rules.py", "state.py", "weighing.py")
"""What takes in functions of other files."""


def _digest() -> str:
    here = Path(__file__).parent
    sources = [Path(scores.__file__), Path(lifetimes.__file__), *(here / name for name in _INLINED)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mdev-scheduler" / _digest()
setattr(numba.core.config, "CACHE_DIR", str(_CACHE))  # noqa: B010 (made at run time, so unknown to checkers)


def compiled(function: Function) -> Function:
    """The function as machine code, kept on disk between runs; `.py_func` is the one that was written."""
    return cast(Function, numba.njit(cache=True)(function))


def _product(module: ModuleType) -> dict[str, object]:
    """The functions of a module's `CORE`, compiled as they are: copies whose calls find the compiled ones."""
    names = dict(vars(module))
    for function in module.CORE:
        copy = FunctionType(function.__code__, names, function.__name__)
        names[function.__name__] = compiled(copy)
    return {function.__name__: names[function.__name__] for function in module.CORE}


product = SimpleNamespace(**_product(scores), **_product(lifetimes))
"""The product's own functions, compiled; by their names in `scores.py` and `lifetimes.py`."""
