"""Output compared whole with a file that people can read; REGENERATE=1 writes the files anew."""

import os
from pathlib import Path

import pytest

REGENERATE = "REGENERATE"


def check(file: Path, text: str) -> None:
    """The text is what the file holds; trailing blanks count."""
    if os.environ.get(REGENERATE):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    if not file.exists():
        pytest.fail(f"{file} does not exist; {REGENERATE}=1 writes it")

    assert file.read_text() == text, f"{REGENERATE}=1 writes {file.name} anew"
