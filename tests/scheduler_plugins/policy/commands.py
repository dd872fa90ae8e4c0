"""The command `policy`, run against a served engine."""

from pathlib import Path

from typer.testing import CliRunner

from scheduler_plugins.cli.app import app
from tests import golden
from tests.scheduler_plugins.cli.running import NOWHERE, Ran
from tests.scheduler_plugins.policy.served import Served

GOLDEN = Path(__file__).parent / "golden"


ENABLE = ("enable", "--cluster", "gpu", "--filter", "--weight", "MdevConsolidate=3")
DISABLE = ("disable", "--cluster", "gpu")


def here(*words: str, typed: str = "", **environ: str) -> Ran:
    """The command in this process, which saves its start."""
    usual = {"COLUMNS": "80", "https_proxy": NOWHERE, "ALL_PROXY": NOWHERE}
    result = CliRunner().invoke(app, ["policy", *words], input=typed, env={**usual, **environ})
    assert isinstance(result.exception, SystemExit | None), result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def command(served: Served, *words: str, typed: str = "", **environ: str) -> Ran:
    """`mdev-scheduler policy` with the engine's configuration."""
    return here(*words, "--config", str(served.configured()), typed=typed, **environ)


def check(served: Served, name: str, *words: str) -> None:
    """It succeeds, and prints what the file holds."""
    ran = command(served, *words)

    assert (0, "") == (ran.status, ran.err)
    golden.check(GOLDEN / f"{name}.txt", ran.out)
