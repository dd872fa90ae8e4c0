"""The commands. What one needs is imported when it runs: `scan` must not wait for a web framework."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from mdev_inventory.visible import visible, visible_lines
from scheduler_plugins.cli import policy
from scheduler_plugins.cli.common import CONFIG, NO, URL, USAGE, Config, Json, Url, fail

PROGRAM = "mdev-scheduler"

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)

SCAN_SECONDS = 30.0
"""A driver may hold a reader for ever: what did not answer by then is reported as such."""


def main() -> None:
    """The entry point of the command."""
    app(prog_name=PROGRAM)


def _version(wanted: bool) -> None:
    if wanted:
        from mdev_inventory import __version__

        typer.echo(visible(f"mdev-scheduler {__version__}"))
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Schedules oVirt VMs by the mediated devices (vGPUs) that hosts really have free."""


@app.command()
def scan(
    root: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The folder that holds sys/…")] = Path("/"),
    json: Json = False,
    functions: Annotated[bool, typer.Option("--functions", help="Each virtual function by itself.")] = False,
) -> None:
    """This machine's mdev inventory, with no service and no engine."""
    from mdev_inventory import inventory_json
    from mdev_inventory.hook import deadline
    from scheduler_plugins.cli import output

    inventory = deadline.read_inventory_within(SCAN_SECONDS, str(root))
    if json:
        output.json(inventory_json.to_document(inventory))
    else:
        output.scan(inventory, functions)


@app.command()
def serve(
    config: Config = CONFIG,
    show_config: Annotated[
        bool, typer.Option("--show-config", help="Print the effective configuration and exit.")
    ] = False,
) -> None:
    """The service, until SIGTERM or SIGINT."""
    from scheduler_plugins import config as configuration

    try:
        settings = configuration.load(config)
    except configuration.ConfigError as error:
        raise fail(str(error), USAGE) from error
    if show_config:
        typer.echo(visible_lines(configuration.show(settings)), nl=False)
        return
    from scheduler_plugins.service import life

    raise typer.Exit(life.serve(settings, lambda endpoints: typer.echo(visible(f"mdev-scheduler {endpoints}"))))


@app.command()
def hosts(json: Json = False, url: Url = URL) -> None:
    """The hosts: what is seen of them, used and free."""
    from scheduler_plugins.cli import client, output

    answer = client.get(url, "/api/v1/hosts")
    output.json(answer) if json else output.hosts(answer["items"])


@app.command()
def types(json: Json = False, url: Url = URL) -> None:
    """The mdev types: free and used, and on which hosts there is room."""
    from scheduler_plugins.cli import client, output

    answer = client.get(url, "/api/v1/types")
    output.json(answer) if json else output.types(answer["items"])


@app.command()
def explain(
    vm: Annotated[str, typer.Argument(metavar="VM", help="The VM's id or name.")], json: Json = False, url: Url = URL
) -> None:
    """Would this VM start now, where, and why not elsewhere. Exit status 1 where it fits nowhere."""
    from scheduler_plugins.cli import client, output

    answer = client.get(url, "/api/v1/explain", vm=vm)
    output.json(answer) if json else output.explain(answer)
    if not answer["fits"]:
        raise typer.Exit(NO)


@app.command("doctor")
def check_all(
    json: Json = False,
    config: Config = CONFIG,
    url: Annotated[
        str, typer.Option(envvar="MDEV_SCHEDULER_URL", help="Where the service is; as configured if not given.")
    ] = "",
    root: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Where ovirt-scheduler-proxy is looked for.")
    ] = Path("/"),
    least_free: Annotated[
        int, typer.Option(min=1, metavar="MIB", help="Below so much free space the disk counts as low.")
    ] = 256,
) -> None:
    """Every link of the chain checked, each failure with its remedy.

    Exit status 1 where something fails, 3 where nothing does and something could not be looked at.
    """
    from scheduler_plugins.cli.doctor import run
    from scheduler_plugins.doctor.gather import Where

    raise typer.Exit(run(Where(config, root, url, least_free), json))


@app.command()
def demo(
    hosts: Annotated[int | None, typer.Option(min=1, help="How many hosts; the standard set if not given.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running, and say where.")] = False,
    json: Json = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's and API's port; 0 is any.")] = 0,
    xmlrpc_port: Annotated[int, typer.Option(min=0, max=65535, help="The engine endpoint's port; 0 is any.")] = 0,
    run_dir: Annotated[
        Path | None, typer.Option(help="Where its files go: a new or empty folder; a temporary one if not given.")
    ] = None,
) -> None:
    """A simulated data centre on loopback: hosts, an engine, VM starts, and their decisions explained."""
    try:
        # It stands above this package, and an engine machine has what the service needs and no more.
        simulated = importlib.import_module("simulation.demo")
    except ModuleNotFoundError as error:
        raise fail(f"the demonstration needs {error.name}: run `make demo` in a clone") from error

    if run_dir and run_dir.exists() and not (run_dir.is_dir() and not any(run_dir.iterdir())):
        raise fail(
            f"--run-dir {str(run_dir)!r} is no empty folder: remove what an earlier run left, or name another", USAGE
        )
    raise typer.Exit(simulated.run(hosts, json, keep, port, xmlrpc_port, run_dir))


app.add_typer(policy.app, name="policy")
