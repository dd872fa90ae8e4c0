"""The figures of the code, and its picture drawn anew: `make graph`.

Exit status: 0 all as it should be, 1 a figure is beyond its bound.
"""

import argparse
import sys
from pathlib import Path

from tests.architecture import ROOT, page
from tests.architecture.figures import figures


def main() -> int:
    """Prints the figures; with --write, the picture and the table of docs/architecture.md are made anew."""
    parser = argparse.ArgumentParser(prog="python -m tests.architecture", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="another clone of the project, to compare")
    parser.add_argument("--write", action="store_true", help=f"write {page.PAGE} and {page.PICTURE}, too")
    options = parser.parse_args()
    if options.write:
        for path, text in page.written(options.root).items():
            path.write_text(text)
    found = list(figures(options.root))
    for figure in found:
        sys.stdout.write(f"{figure}\n")
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
