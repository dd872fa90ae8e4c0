"""`mdev-scheduler policy`: our units in a cluster's scheduling policy, through the engine's SDK."""

import dataclasses
import getpass
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mdev_inventory.tls import remedies
from scheduler_plugins.cli.common import CONFIG, COULD_NOT_ASK, NO, USAGE, Config, Json, fail

if TYPE_CHECKING:
    from scheduler_plugins.policy.errors import EngineTroubleError
    from scheduler_plugins.policy.plan import Plan
    from scheduler_plugins.policy.runner import Engine
    from scheduler_plugins.policy.state import Cluster, EngineState

app: typer.Typer = typer.Typer(no_args_is_help=True, help="Our units in the clusters' scheduling policies.")

User = Annotated[
    str | None,
    typer.Option("--user", metavar="USER@PROFILE", help="Who may edit policies, instead of the service's user."),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="That user's password; asked for if not given.")
]
Python = Annotated[
    str | None,
    typer.Option(
        "--sdk-python",
        metavar="PYTHON",
        envvar="MDEV_SCHEDULER_SDK_PYTHON",
        help="A Python that has the engine's SDK; looked for if not given.",
    ),
]
ClusterName = Annotated[str, typer.Option("--cluster", metavar="C", help="The cluster's name or id.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell the steps, change nothing.")]
Planner = Callable[["EngineState", "Cluster"], "Plan"]

REMEDIES = {
    "login": f"{remedies.ENGINE['auth']}; or give another one with --user",
    "denied": "policies are edited with --user of an administrator of the whole system (role SuperUser)",
    "unreachable": f"{remedies.ENGINE['unreachable']}; `mdev-scheduler doctor` tells why",
    "refused": "what it rejected may show in its policies until it is restarted",
    "changed": "somebody else works on it: look at `policy status`",
}


@app.command()
def status(
    json: Json = False,
    config: Config = CONFIG,
    user: User = None,
    password_file: PasswordFile = None,
    python: Python = None,
) -> None:
    """Each cluster's policy and our units in it, and whether the engine knows our units."""
    from scheduler_plugins.cli import output
    from scheduler_plugins.policy import runner
    from scheduler_plugins.policy.status import document

    engine = _engine(config, user, password_file, python)
    with _errors(engine):
        found = document(runner.look(engine))
    output.json(found) if json else output.policies(found)


@app.command()
def enable(
    cluster: ClusterName,
    filtered: Annotated[bool, typer.Option("--filter", help="Add MdevFilter.")] = False,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT=FACTOR", help="Add a weight, or change its factor; 0 takes it out."),
    ] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--property", metavar="K=V", help="Set a property of our units for the cluster.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
    config: Config = CONFIG,
    user: User = None,
    password_file: PasswordFile = None,
    python: Python = None,
) -> None:
    """Give a cluster a copy of its policy that has our units; with no unit named, the filter.

    What is there already stays. Run again, it changes nothing, and mends a run that was cut off.
    """
    from scheduler_plugins.policy import plan, wishes
    from scheduler_plugins.policy.errors import WishError

    try:
        wished = wishes.parse(filtered, weight or (), properties or ())
    except WishError as error:
        raise fail(str(error), USAGE) from error
    engine = _engine(config, user, password_file, python)
    _carry_out(engine, cluster, lambda state, one: plan.enable(state, one, wished), dry_run, json)


@app.command()
def disable(
    cluster: ClusterName,
    dry_run: DryRun = False,
    json: Json = False,
    config: Config = CONFIG,
    user: User = None,
    password_file: PasswordFile = None,
    python: Python = None,
) -> None:
    """Give a cluster back the policy that it had, and remove our copy."""
    from scheduler_plugins.policy import plan

    engine = _engine(config, user, password_file, python)
    _carry_out(engine, cluster, plan.disable, dry_run, json, plan.back)


def _carry_out(
    engine: "Engine", name: str, planner: Planner, dry_run: bool, json: bool, checker: Planner | None = None
) -> None:
    """Looks, plans, takes the steps, and looks whether nothing is left to do, by `checker` if given."""
    from scheduler_plugins.cli import output
    from scheduler_plugins.policy import runner
    from scheduler_plugins.policy.status import cluster_named

    with _errors(engine):
        state = runner.look(engine)
        cluster = cluster_named(state, name)
        plan = planner(state, cluster)
    done = _told(cluster, plan, dry_run)
    if plan.steps and not dry_run:
        with _errors(engine, len(plan.steps)):
            state = runner.take(engine, plan.steps)
            left = (checker or planner)(state, cluster_named(state, cluster.id)).steps
        if left:
            raise fail(f"all steps were taken, but not all is as it should be: {left[0].text}; run this again")
    output.json(done) if json else output.plan(done)


def _told(cluster: "Cluster", plan: "Plan", dry_run: bool) -> Mapping[str, Any]:
    return {
        "cluster": cluster.name,
        "policy": plan.policy_name,
        "changed": bool(plan.steps) and not dry_run,
        "dry_run": dry_run,
        "steps": [step.text for step in plan.steps],
        "notes": list(plan.notes),
    }


def _engine(folder: Path, user: str | None, password_file: Path | None, python: str | None) -> "Engine":
    """As configured, but for what the options say; ends the command where that cannot be."""
    from mdev_inventory.engine.address import base_url
    from scheduler_plugins import config
    from scheduler_plugins.config import secrets
    from scheduler_plugins.policy.runner import PYTHONS, Engine

    try:
        settings = config.load(folder)
        url = base_url(secrets.engine_url(settings)) + "/api"
        if user and not password_file:
            password = _asked_for(user)
        else:
            password = secrets.engine_password(_with_file(settings, password_file))
    except config.ConfigError as error:
        typed = password_file and error.key == "password_file"
        raise fail(f"--password-file {str(password_file)!r}: {error.reason}" if typed else str(error), USAGE) from error
    known = settings.engine
    pythons = (python,) if python else PYTHONS
    return Engine(url, user or known.user, password, known.ca_file, known.timeout, pythons)


def _with_file(settings: Any, file: Path | None) -> Any:
    """The configuration, as if it named that password file."""
    if file is None:
        return settings
    changed = dataclasses.replace(settings.engine, password_file=file)
    origins = {**settings.origins, ("engine", "password_file"): file}  # it is no default
    return dataclasses.replace(settings, engine=changed, origins=origins)


def _asked_for(user: str) -> str:
    """The password from the terminal, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {user}: ")
    return sys.stdin.readline().rstrip("\r\n")


@contextmanager
def _errors(engine: "Engine", steps: int = 0) -> Iterator[None]:
    """Ends the command with the word and the status that an error stands for."""
    from scheduler_plugins.policy.errors import EngineTroubleError, RefusalError, WishError

    try:
        yield
    except WishError as error:
        raise fail(str(error), USAGE) from error
    except RefusalError as error:
        raise fail(str(error), NO) from error
    except EngineTroubleError as error:
        raise fail(_trouble(engine, error, steps), COULD_NOT_ASK) from error


def _trouble(engine: "Engine", error: "EngineTroubleError", steps: int) -> str:
    if error.kind == "no-sdk":
        return str(error)
    told = [f"the engine at {engine.url}, asked as {engine.user}: {error}"]
    if error.kind in REMEDIES:
        told.append(REMEDIES[error.kind])
    if steps:
        told.append(f"{error.taken} of {steps} steps were taken: run the same command again")
    return "; ".join(told)
