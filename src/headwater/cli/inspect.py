"""`headwater inspect`: what a folder holds, before anyone opens it."""

from typing import Annotated, Any

import typer

from headwater.cli.failures import FAILED, Complaint, explained
from headwater.cli.output import As, Output, print_json, print_table, show_one
from headwater.cli.processes import folder_of

app = typer.Typer()


@app.command()
def inspect(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="The folder of a stopped broker, ours or Apache Kafka's")
    ],
    output: As = Output.TABLE,
) -> None:
    """Show what a stopped folder holds and whether it can be opened. Nothing is written; status 1 where it can't."""
    with explained():
        import msgspec

        from headwater.assembly.inspect import inspect as look
        from headwater.kernel.real.disk import RealDisk

        found = look(RealDisk(), folder_of(folder, {}))
        if found is None:
            raise Complaint(f"{folder} was never formatted: it has no meta.properties")
        told: dict[str, Any] = msgspec.to_builtins(found)
    if output is Output.JSON:
        print_json(told)
    else:
        tell(told)
    raise typer.Exit(FAILED if found.refusals else 0)


def tell(told: dict[str, Any]) -> None:
    lists = {name: told.pop(name) for name in ("topics", "groups", "transactions", "refusals")}
    told["features"] = [f"{name}={level}" for name, level in told["features"].items()]
    show_one(told, Output.TABLE)
    for name in ("topics", "groups", "transactions"):
        if lists[name]:
            print()
            print_table(lists[name])
    print()
    if lists["refusals"]:
        print("It can't be opened:", *lists["refusals"], sep="\n  ")
    else:
        print(f"It can be opened: headwater up --data {told['folder']}")
