"""`headwater`: each group of commands is a module that is loaded when it is named, so that help and completion are instant."""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.completion import completion_init  # type: ignore[attr-defined] # exported in all but name
from typer.core import TyperCommand, TyperGroup

from headwater.cli.command_config import COMMAND_CONFIG

COMMANDS: Final = {
    "up": "Start everything on this machine, in the foreground.",
    "broker": "Run one broker, as a service manager would.",
    "registry": "Run a Schema Registry over any Kafka cluster.",
    "inspect": "Show what a stopped folder holds, and if it can be opened.",
    "topic": "Create, list, describe, change and delete topics.",
    "produce": "Send lines, JSON or CSV to a topic.",
    "consume": "Read a topic.",
    "schema": "See, register, compare and delete schemas of a registry.",
    "group": "See how far consumer groups have read, move and delete them.",
    "txn": "See transactions, find those that hang and abort them.",
    "config": "See and change settings of topics, brokers and groups.",
    "quota": "See, set and remove quotas of users, client ids and addresses.",
    "log": "Look into the files of a stopped broker, and compact a log.",
    "tier": "See what lies in remote storage.",
    "cluster": "Show the brokers and where they are.",
    "completion": "Print what makes a shell complete this command.",
}
"""Every group and its one line of help, in the order of `--help`. The modules of `cli/` have the same names."""


class Commands(TyperGroup):
    """Shows all commands from the table and loads only the one that is run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer gives it
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer gives it
        """For lists: a command's name and line of help, without its module."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """For running and completing: the command itself, or the usual error for one that is not there."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = typer.main.get_command(import_module(f"headwater.cli.{name}").app)
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=Commands,
    help="A data streaming platform that every Kafka client can use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"headwater {version('headwater')}")
        raise typer.Exit


@app.callback()
def headwater(
    _: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    command_config: Annotated[
        str | None,
        typer.Option(
            envvar="HEADWATER_COMMAND_CONFIG",
            help="A client.properties of Kafka's: how commands reach a cluster that wants TLS or a password",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """A data streaming platform that every Kafka client can use."""
    COMMAND_CONFIG.set(command_config)


def main() -> None:
    completion_init()
    app(prog_name="headwater")


if __name__ == "__main__":
    main()
