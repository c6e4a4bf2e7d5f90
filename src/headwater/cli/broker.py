"""`headwater broker`: one broker in this process, with Apache Kafka's defaults, for service managers and for `headwater up`."""

from typing import Annotated

import typer

from headwater.cli.failures import explained
from headwater.cli.processes import ADMIN_PORT, AdminPort, Config, Data, KafkaPort, Quiet, Set, folder_of, settings_of

app = typer.Typer()

Fd = Annotated[int | None, typer.Option(hidden=True)]


@app.command()
def broker(
    data: Data = None,
    kafka_port: KafkaPort = None,
    admin_port: AdminPort = ADMIN_PORT,
    host: Annotated[str | None, typer.Option(help="The address to listen on [default: all of them]")] = None,
    admin_host: Annotated[str, typer.Option(help="The address of the admin port")] = "127.0.0.1",
    set_: Set = None,
    config: Config = None,
    quiet: Quiet = False,
    ready_fd: Fd = None,
    alive_fd: Fd = None,
) -> None:
    """Run one broker until SIGTERM or Ctrl-C. It prints `ready` when clients can connect."""
    with explained():
        from headwater.assembly.options import BrokerOptions
        from headwater.assembly.process import Pipes
        from headwater.assembly.ready import Ready, shown, tell
        from headwater.assembly.run import run_broker
        from headwater.kernel.logging import set_up

        settings = settings_of(config=config, pairs=set_, host=host, kafka_port=kafka_port, default_host="")
        options = BrokerOptions(
            data=folder_of(data, settings), settings=settings, admin_host=admin_host, admin_port=admin_port
        )
        set_up(level="WARN" if quiet else "INFO")

        def told(ready: Ready) -> None:
            if ready_fd is not None:
                tell(ready, ready_fd)
            else:
                kafka = ",".join(shown(each) for each in ready.kafka)
                print(f"ready kafka={kafka} admin={shown(ready.admin)}", flush=True)

        raise typer.Exit(run_broker(options, ready=told, pipes=Pipes(alive_fd=alive_fd)))
