"""`headwater registry`: a Schema Registry in this process, over any Kafka cluster."""

from typing import Annotated, Final

import typer

from headwater.cli.failures import explained
from headwater.cli.processes import Quiet, pairs_of
from headwater.kernel.properties import parse
from headwater.kernel.real.disk import RealDisk

app = typer.Typer()

PORT: Final = 8081
_BOOTSTRAP: Final = "kafkastore.bootstrap.servers"
_LOCAL: Final = "localhost:9092"

Fd = Annotated[int | None, typer.Option(hidden=True)]


@app.command()
def registry(
    bootstrap: Annotated[
        str | None,
        typer.Option(
            help=f"Brokers of the cluster that keeps the schemas [default: {_LOCAL}]",
            metavar="HOST:PORT[,...]",
            envvar="HEADWATER_BOOTSTRAP",
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help=f"0 for any [default: {PORT}]", min=0, max=65535)] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on [default: all of them]")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting by Confluent's name; may be given again", metavar="KEY=VALUE"),
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="A schema-registry.properties of Confluent's", metavar="FILE")
    ] = None,
    quiet: Quiet = False,
    ready_fd: Fd = None,
    alive_fd: Fd = None,
) -> None:
    """Run a Schema Registry until SIGTERM or Ctrl-C. It prints `ready` when it answers.

    Several on one cluster share the work: one writes, and all of them answer.
    """
    with explained():
        from headwater.assembly.process import Pipes
        from headwater.assembly.ready import ServicesReady, tell
        from headwater.assembly.registry_options import registry_options
        from headwater.assembly.services import run_services
        from headwater.kernel.logging import set_up
        from headwater.kernel.real.process import machine_name

        texts = parse(RealDisk().read(config).decode()) if config else {}
        if bootstrap is not None or _BOOTSTRAP not in texts:
            texts[_BOOTSTRAP] = bootstrap or _LOCAL
        if port is not None or host is not None or "listeners" not in texts:
            listens_on = f"[{host}]" if host and ":" in host else (host or "0.0.0.0")  # noqa: S104 - as Confluent's
            texts["listeners"] = f"http://{listens_on}:{PORT if port is None else port}"
        set_up(level="WARN" if quiet else "INFO")
        options = registry_options(texts | pairs_of(set_ or ()), machine=machine_name())

        def told(ready: ServicesReady) -> None:
            if ready_fd is not None:
                tell(ready, ready_fd)
            else:
                print(f"ready registry={','.join(ready.registry)}", flush=True)

        raise typer.Exit(run_services(options, ready=told, pipes=Pipes(alive_fd=alive_fd)))
