"""`headwater config`: settings of topics, brokers, groups and loggers, by Kafka's names.

headwater config get topic orders retention.ms
headwater config set broker 1 log.retention.ms=60000
"""

from enum import StrEnum
from typing import Annotated, Any

import typer

from headwater.cli.failures import Complaint, explained
from headwater.cli.output import As, Output, say, show
from headwater.cli.processes import pairs_of
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.configs import (
    Change,
    ConfigValue,
    Operation,
    Resource,
    ResourceType,
    Source,
    alter_configs,
    describe_configs,
    sets,
)
from headwater.client.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="See and change settings of topics, brokers and groups.")


class Kind(StrEnum):
    TOPIC = "topic"
    BROKER = "broker"
    LOGGER = "logger"
    GROUP = "group"
    METRICS = "metrics"


_TYPES = {
    Kind.TOPIC: ResourceType.TOPIC,
    Kind.BROKER: ResourceType.BROKER,
    Kind.LOGGER: ResourceType.BROKER_LOGGER,
    Kind.GROUP: ResourceType.GROUP,
    Kind.METRICS: ResourceType.CLIENT_METRICS,
}
_ALL_BROKERS = "all"

WhoseKind = Annotated[Kind, typer.Argument(metavar="topic|broker|logger|group|metrics")]
Name = Annotated[str, typer.Argument(help=f"Its name; of a broker the number, or '{_ALL_BROKERS}'", metavar="NAME")]


@app.command()
def describe(
    kind: WhoseKind,
    name: Name,
    everything: Annotated[bool, typer.Option("--all", help="Also what nobody has set")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """List settings with their values and where these come from."""
    values = _values(bootstrap, resource(kind, name))
    chosen = [each for each in values if everything or each.source is not Source.DEFAULT_CONFIG]
    show([_row(each) for each in chosen], output, empty="Everything has its default: --all lists it.")


@app.command()
def get(
    kind: WhoseKind,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Print the value of one setting."""
    found = {each.name: each for each in _values(bootstrap, resource(kind, name))}
    with explained():
        if key not in found:
            raise Complaint(
                f"{resource(kind, name)} has no setting {key!r}; `headwater config describe --all` lists them"
            )
    say(found[key].value or "", _row(found[key]), output)


@app.command("set")
def set_(
    kind: WhoseKind,
    name: Name,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...")],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Set some settings: all of them, or none if one can't be."""
    with explained():
        changes = sets(pairs_of(pairs))
    _alter(bootstrap, resource(kind, name), changes, output)


@app.command()
def unset(
    kind: WhoseKind,
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...")],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Give settings back to their defaults."""
    _alter(bootstrap, resource(kind, name), [Change(name=key, operation=Operation.DELETE) for key in keys], output)


def resource(kind: Kind, name: str) -> Resource:
    everyone = kind is Kind.BROKER and name == _ALL_BROKERS
    return Resource(_TYPES[kind], "" if everyone else name)


def _values(bootstrap: str, whose: Resource) -> tuple[ConfigValue, ...]:
    async def work(cluster: Cluster) -> tuple[ConfigValue, ...]:
        return await describe_configs(cluster, whose)

    return talk(bootstrap, work)


def _alter(bootstrap: str, whose: Resource, changes: list[Change] | tuple[Change, ...], output: Output) -> None:
    async def work(cluster: Cluster) -> None:
        await alter_configs(cluster, whose, changes)
        names = [each.name for each in changes]
        say(f"changed {', '.join(names)} of {whose}", {"resource": str(whose), "settings": names}, output)

    talk(bootstrap, work)


def _row(value: ConfigValue) -> dict[str, Any]:
    return {
        "setting": value.name,
        "value": "(hidden)" if value.sensitive else value.value,
        "source": value.source.name.lower().removesuffix("_config").replace("_", " "),
        "read only": value.read_only,
    }
