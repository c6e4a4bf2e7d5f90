"""`headwater topic`: create, list, describe, alter, delete."""

from typing import Annotated, Any

import typer

from headwater.cli.output import As, Output, say, show, show_one
from headwater.cli.processes import pairs_of
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.configs import (
    Change,
    Operation,
    Resource,
    ResourceType,
    Source,
    alter_configs,
    describe_configs,
    sets,
)
from headwater.client.admin.offsets import At, find_offset
from headwater.client.admin.topics import (
    BROKERS_DEFAULT,
    NewTopic,
    create_partitions,
    create_topic,
    delete_topic,
    describe_topic,
    list_topics,
)
from headwater.client.cluster import Cluster
from headwater.client.metadata import Partition
from headwater.wire.types import uuid_text

app = typer.Typer(no_args_is_help=True, help="Create, list, describe, change and delete topics.")

Name = Annotated[str, typer.Argument(help="The topic", metavar="TOPIC")]
Configs = Annotated[
    list[str] | None, typer.Option("--config", "-c", help="A setting; may be given again", metavar="KEY=VALUE")
]


@app.command()
def create(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC...")],
    partitions: Annotated[
        int, typer.Option("--partitions", "-p", help="How many; -1 for the broker's default")
    ] = BROKERS_DEFAULT,
    replicas: Annotated[
        int, typer.Option("--replicas", "-r", help="Copies of each; -1 for the broker's default")
    ] = BROKERS_DEFAULT,
    config: Configs = None,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Say whether it could be done, and do nothing")
    ] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Create topics."""

    async def work(cluster: Cluster) -> None:
        configs = pairs_of(config or ())
        for name in names:
            topic = NewTopic(name=name, partitions=partitions, replication_factor=replicas, configs=configs)
            made = await create_topic(cluster, topic, validate_only=check_only)
            result = {
                "topic": name,
                "id": uuid_text(made.id),
                "partitions": made.partitions,
                "replicas": made.replication_factor,
            }
            say(
                f"{'could create' if check_only else 'created'} {name} with {made.partitions} partitions",
                result,
                output,
            )

    talk(bootstrap, work)


@app.command("list")
def list_(
    internal: Annotated[bool, typer.Option("--internal", help="Also those of the cluster itself")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """List all topics."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {
                "topic": topic.name,
                "partitions": len(topic.partitions),
                "replicas": len(topic.partitions[0].replicas) if topic.partitions else 0,
                "id": uuid_text(topic.id),
            }
            for topic in await list_topics(cluster, internal=internal)
        ]

    show(talk(bootstrap, work), output, empty="There are no topics yet: `headwater topic create NAME` makes one.")


@app.command()
def describe(name: Name, bootstrap: Bootstrap = LOCAL, output: As = Output.TABLE) -> None:
    """Show a topic's partitions, where their logs begin and end, and its own settings."""

    async def work(cluster: Cluster) -> dict[str, Any]:
        topic = await describe_topic(cluster, name)
        values = await describe_configs(cluster, Resource(ResourceType.TOPIC, name))
        own = {each.name: each.value for each in values if each.source is Source.DYNAMIC_TOPIC_CONFIG}
        rows = [await _partition_row(cluster, name, partition) for partition in topic.partitions]
        return {
            "topic": name,
            "id": uuid_text(topic.id),
            "internal": topic.is_internal,
            "settings": own if output is Output.JSON else [f"{key}={value}" for key, value in own.items()] or None,
            "partitions": rows,
        }

    show_one(talk(bootstrap, work), output, parts="partitions")


@app.command()
def alter(
    name: Name,
    partitions: Annotated[int | None, typer.Option("--partitions", "-p", help="How many there should be")] = None,
    config: Configs = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", help="Back to the default; may be given again", metavar="KEY")
    ] = None,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Add partitions, or change settings."""

    async def work(cluster: Cluster) -> None:
        changes = (
            *sets(pairs_of(config or ())),
            *(Change(name=each, operation=Operation.DELETE) for each in unset or ()),
        )
        if partitions is not None:
            await create_partitions(cluster, name, partitions)
        if changes:
            await alter_configs(cluster, Resource(ResourceType.TOPIC, name), changes)
        say(
            f"changed {name}",
            {"topic": name, "partitions": partitions, "settings": [each.name for each in changes]},
            output,
        )

    talk(bootstrap, work)


@app.command()
def delete(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC...")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Delete topics with all their records."""
    if not yes:
        typer.confirm(f"Delete {', '.join(names)} and all records?", abort=True)

    async def work(cluster: Cluster) -> None:
        for name in names:
            await delete_topic(cluster, name)
            say(f"deleted {name}", {"topic": name}, output)

    talk(bootstrap, work)


async def _partition_row(cluster: Cluster, topic: str, partition: Partition) -> dict[str, Any]:
    first = await find_offset(cluster, topic, partition.index, At.EARLIEST)
    end = await find_offset(cluster, topic, partition.index, At.LATEST)
    return {
        "partition": partition.index,
        "leader": partition.leader,
        "replicas": list(partition.replicas),
        "isr": list(partition.isr),
        "first offset": first.offset,
        "end offset": end.offset,
    }
