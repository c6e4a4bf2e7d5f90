"""`headwater up`: everything on this machine, in the foreground, with defaults for one person and one disk."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from headwater.cli.failures import explained
from headwater.cli.processes import ADMIN_PORT, AdminPort, Config, Data, KafkaPort, Quiet, Set, folder_of, settings_of
from headwater.cli.session import LOCAL

if TYPE_CHECKING:
    from headwater.assembly.ready import Ready

app = typer.Typer()

LOCALHOST: Final = "localhost"
_ONE_ADDRESS: Final = "127.0.0.1"
"""Where any port will do: localhost may be two addresses, which would each get another one."""
DEFAULTS: Final = {
    "offsets.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
}
"""Where one broker on a laptop wants something else than Kafka's defaults for a cluster."""


@app.command()
def up(
    data: Data = None,
    kafka_port: KafkaPort = None,
    admin_port: AdminPort = ADMIN_PORT,
    host: Annotated[str | None, typer.Option(help=f"The address to listen on [default: {LOCALHOST}]")] = None,
    set_: Set = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Start everything and say where it listens. Ctrl-C stops it; what was produced is in the folder."""
    with explained():
        from headwater.assembly.up import Child, run_up
        from headwater.kernel.logging import set_up

        set_up()
        near = _ONE_ADDRESS if kafka_port == 0 else LOCALHOST
        settings = settings_of(config=config, pairs=set_, host=host, kafka_port=kafka_port, default_host=near)
        folder = folder_of(data, settings)
        given = [f"{name}={value}" for name, value in (DEFAULTS | settings).items()]
        arguments = ["broker", "--data", folder, "--admin-port", str(admin_port)]
        arguments += [part for pair in given for part in ("--set", pair)]
        if quiet:
            arguments.append("--quiet")

        def tell(addresses: Mapping[str, "Ready"]) -> None:
            print(ready_line(addresses["broker"]) if quiet else welcome(addresses["broker"], folder), flush=True)

        raise typer.Exit(run_up([Child(name="broker", arguments=tuple(arguments))], ready=tell))


def ready_line(broker: "Ready") -> str:
    from headwater.assembly.ready import shown

    return f"ready kafka={','.join(shown(each) for each in broker.kafka)} admin={shown(broker.admin)}"


def welcome(broker: "Ready", folder: str) -> str:
    """The same line, and for a person what to do with it."""
    from headwater.assembly.ready import shown

    kafka = shown(broker.kafka[0])
    at = "" if kafka == LOCAL else f" --bootstrap {kafka}"
    program = sys.argv[0] if sys.argv[0].endswith("headwater") else f"{sys.executable} -m headwater.cli.main"
    return f"""{ready_line(broker)}

  Kafka    {kafka}
  Metrics  http://{shown(broker.admin)}/metrics
  Folder   {folder}

Try this in another terminal:

  echo 'hello, world' | {program} produce greetings --create{at}
  {program} consume greetings --from beginning --no-follow{at}

Ctrl-C stops it.
"""
