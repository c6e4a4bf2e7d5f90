"""`headwater up`: everything on this machine, in the foreground, with defaults for one person and one disk."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from headwater.cli.failures import explained
from headwater.cli.processes import ADMIN_PORT, AdminPort, Config, Data, KafkaPort, Quiet, Set, folder_of, settings_of
from headwater.cli.session import LOCAL

if TYPE_CHECKING:
    from headwater.assembly.ready import Ready, ServicesReady
    from headwater.assembly.up import Lines

app = typer.Typer()

LOCALHOST: Final = "localhost"
_ONE_ADDRESS: Final = "127.0.0.1"
"""Where any port will do: localhost may be two addresses, which would each get another one."""
DEFAULTS: Final = {
    "offsets.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
}
"""Where one broker on a laptop wants something else than Kafka's defaults for a cluster."""
REGISTRY_PORT: Final = 8081
BROKER: Final = "broker"
SERVICES: Final = "services"


@app.command()
def up(
    data: Data = None,
    kafka_port: KafkaPort = None,
    admin_port: AdminPort = ADMIN_PORT,
    host: Annotated[str | None, typer.Option(help=f"The address to listen on [default: {LOCALHOST}]")] = None,
    registry_port: Annotated[
        int, typer.Option("--registry-port", help="For the Schema Registry; 0 for any", min=0, max=65535)
    ] = REGISTRY_PORT,
    registry: Annotated[
        bool, typer.Option("--registry/--no-registry", help="With a Schema Registry, or without")
    ] = True,
    set_: Set = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Start everything and say where it listens. Ctrl-C stops it; what was produced is in the folder."""
    with explained():
        from headwater.assembly.ready import Ready, ServicesReady
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
        children = [Child(name=BROKER, arguments=lambda _: arguments)]
        if registry:
            on = host or (_ONE_ADDRESS if registry_port == 0 else LOCALHOST)
            children.append(
                Child(
                    name=SERVICES, arguments=lambda lines: registry_arguments(lines, on, registry_port), is_spare=True
                )
            )

        def tell(lines: "Lines") -> None:
            broker = Ready.read(lines[BROKER])
            services = ServicesReady.read(lines[SERVICES]) if registry else None
            print(ready_line(broker, services) if quiet else welcome(broker, services, folder), flush=True)

        raise typer.Exit(run_up(children, ready=tell))


def registry_arguments(lines: "Lines", host: str, port: int) -> Sequence[str]:
    """The broker is near, and alone."""
    from headwater.assembly.ready import Ready, shown

    bootstrap = shown(Ready.read(lines[BROKER]).kafka[0])
    own = ("host.name=localhost", "kafkastore.topic.replication.factor=1")
    pairs = [part for pair in own for part in ("--set", pair)]
    return ["registry", "--bootstrap", bootstrap, "--host", host, "--port", str(port), *pairs, "--quiet"]


def ready_line(broker: "Ready", services: "ServicesReady | None") -> str:
    from headwater.assembly.ready import shown

    registry = f" registry={','.join(services.registry)}" if services else ""
    return f"ready kafka={','.join(shown(each) for each in broker.kafka)} admin={shown(broker.admin)}{registry}"


def welcome(broker: "Ready", services: "ServicesReady | None", folder: str) -> str:
    """The same line, and for a person what to do with it."""
    from headwater.assembly.ready import shown

    kafka = shown(broker.kafka[0])
    at = "" if kafka == LOCAL else f" --bootstrap {kafka}"
    program = sys.argv[0] if sys.argv[0].endswith("headwater") else f"{sys.executable} -m headwater.cli.main"
    registry = f"\n  Registry {services.registry[0]}" if services else ""
    return f"""{ready_line(broker, services)}

  Kafka    {kafka}{registry}
  Metrics  http://{shown(broker.admin)}/metrics
  Folder   {folder}

Try this in another terminal:

  echo 'hello, world' | {program} produce greetings --create{at}
  {program} consume greetings --from beginning --no-follow{at}

Ctrl-C stops it.
"""
