"""What `up` and `broker` have in common: their options, and what a broker is told because of them."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer

from headwater.cli.failures import Complaint
from headwater.kernel.properties import parse
from headwater.kernel.real.disk import RealDisk

KAFKA_PORT: Final = 9092
ADMIN_PORT: Final = 9644
DATA: Final = "headwater-data"
_FOLDERS: Final = ("log.dirs", "log.dir")

Data = Annotated[
    str | None, typer.Option("--data", help=f"The folder with everything in it [default: {DATA}]", show_default=False)
]
KafkaPort = Annotated[
    int | None,
    typer.Option("--kafka-port", help=f"For Kafka clients; 0 for any [default: {KAFKA_PORT}]", min=0, max=65535),
]
AdminPort = Annotated[
    int, typer.Option("--admin-port", help="For /metrics, /healthz and /readyz; 0 for any", min=0, max=65535)
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting of the broker by Kafka's name; may be given again", metavar="KEY=VALUE"),
]
Config = Annotated[str | None, typer.Option("--config", help="A server.properties of Apache Kafka", metavar="FILE")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only say when it is ready, and what goes wrong")]


def settings_of(
    *, config: str | None, pairs: Sequence[str] | None, host: str | None, kafka_port: int | None, default_host: str
) -> dict[str, str]:
    """The file's settings; over them the address, where one was given or the file has none; over them `--set`."""
    settings = parse(RealDisk().read(config).decode()) if config else {}
    if host is not None or kafka_port is not None or "listeners" not in settings:
        listens_on = f"[{host}]" if host and ":" in host else (default_host if host is None else host)
        settings["listeners"] = f"PLAINTEXT://{listens_on}:{KAFKA_PORT if kafka_port is None else kafka_port}"
    return settings | pairs_of(pairs or ())


def pairs_of(texts: Sequence[str]) -> dict[str, str]:
    """Settings as they are typed, `key=value`."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Complaint(f"{text!r} is no setting: write KEY=VALUE")
        pairs[name.strip()] = value
    return pairs


def folder_of(data: str | None, settings: Mapping[str, str]) -> str:
    """Absolute, because it is shown to people and passed on to processes."""
    named = next((settings[name] for name in _FOLDERS if settings.get(name)), DATA)
    return os.path.abspath(data or named)  # noqa: PTH100 - a path stays text; nothing is touched here
