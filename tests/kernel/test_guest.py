"""What the guest runs needs nothing that the guest has not."""

import subprocess
import sys

from tests.architecture import ROOT


def test_the_guests_checks_need_the_standard_library_alone() -> None:
    """Its root has no other packages; the allocator's replay is among what it runs."""
    code = "import sys; sys.path.insert(0, '.'); import tests.kernel.guest.__main__"
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=ROOT)
