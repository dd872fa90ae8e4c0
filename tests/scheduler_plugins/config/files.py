"""What the tests of the configuration share."""

from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


Write = Callable[..., Path]
