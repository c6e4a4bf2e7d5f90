"""`headwater tier`: what of a topic lies in remote storage."""

from typing import Annotated, Any

import typer

from headwater.cli.output import As, Output, show
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.log_dirs import local_bytes
from headwater.client.admin.offsets import At, find_offset
from headwater.client.admin.topics import describe_topic, list_topics
from headwater.client.cluster import Cluster
from headwater.client.metadata import Partition

app = typer.Typer(no_args_is_help=True, help="See what lies in remote storage.")


@app.callback()
def tier() -> None:
    """See what lies in remote storage."""


@app.command()
def status(
    topics: Annotated[list[str] | None, typer.Argument(metavar="TOPIC...", help="Only these [default: all]")] = None,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Show where each partition's records lie: from `start` up to `tiered` there, from `local_start` up to `end` here."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        names = topics or [each.name for each in await list_topics(cluster)]
        return [row for name in names for row in await _rows(cluster, name)]

    show(talk(bootstrap, work), output, empty="No topic has remote storage.")


async def _rows(cluster: Cluster, topic: str) -> list[dict[str, Any]]:
    partitions = (await describe_topic(cluster, topic)).partitions
    rows = [await _row(cluster, topic, each) for each in partitions]
    return [row for row in rows if row is not None]


async def _row(cluster: Cluster, topic: str, partition: Partition) -> dict[str, Any] | None:
    """A log whose records stay here has nothing that is still to be copied."""

    async def at(place: At) -> int:
        return (await find_offset(cluster, topic, partition.index, place)).offset

    pending = await at(At.EARLIEST_PENDING_UPLOAD)
    if pending < 0:
        return None
    end = await at(At.LATEST)
    sizes = await local_bytes(cluster, partition.leader, topic, (partition.index,))
    return {
        "topic": topic,
        "partition": partition.index,
        "start": await at(At.EARLIEST),
        "tiered": await at(At.LATEST_TIERED) + 1,
        "local_start": await at(At.EARLIEST_LOCAL),
        "end": end,
        "pending": end - pending,
        "local_bytes": sizes.get(partition.index, 0),
    }
