"""`headwater txn`: what transactions there are, and how to be rid of those that hang."""

from typing import Annotated, Any

import typer

from headwater.cli.failures import Complaint
from headwater.cli.output import As, Output, say, show, show_one
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.topics import describe_topic, list_topics
from headwater.client.admin.transactions import (
    OpenTransaction,
    abort_transaction,
    describe_transaction,
    list_transactions,
    open_transactions,
)
from headwater.client.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="See transactions, find those that hang and abort them.")

Topics = Annotated[
    list[str] | None, typer.Option("--topic", "-t", help="Only these; may be given again [default: all]")
]


@app.command("list")
def list_(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only those in this state, as Ongoing; may be given again")
    ] = None,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """List the transactional ids and their states."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {"id": each.transactional_id, "producer": each.producer_id, "state": each.state}
            for each in await list_transactions(cluster, states=tuple(state or ()))
        ]

    show(talk(bootstrap, work), output, empty="There are no transactional ids.")


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="ID")], bootstrap: Bootstrap = LOCAL, output: As = Output.TABLE
) -> None:
    """Show what a transactional id has open."""

    async def work(cluster: Cluster) -> dict[str, Any]:
        found = await describe_transaction(cluster, name)
        return {
            "id": name,
            "state": found.state,
            "producer": found.producer_id,
            "epoch": found.epoch,
            "timeout_ms": found.timeout_ms,
            "started_ms": found.started_ms,
            "partitions": [f"{topic}-{index}" for topic, index in found.partitions],
        }

    show_one(talk(bootstrap, work), output)


@app.command()
def hanging(topic: Topics = None, bootstrap: Bootstrap = LOCAL, output: As = Output.TABLE) -> None:
    """List transactions that are open in a partition and that no coordinator will end."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {
                "topic": each.topic,
                "partition": each.partition,
                "producer": each.producer_id,
                "epoch": each.epoch,
                "offset": each.start,
                "last_written_ms": each.last_timestamp_ms,
            }
            for name in topic or [each.name for each in await list_topics(cluster)]
            for each in await _open_in(cluster, name)
            if not await _is_known(cluster, each)
        ]

    show(talk(bootstrap, work), output, empty="No transaction hangs.")


@app.command()
def abort(
    topic: Annotated[str, typer.Argument()],
    partition: Annotated[int, typer.Argument(min=0)],
    producer: Annotated[int, typer.Argument(help="The producer id, as `hanging` tells it", min=0)],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """End a producer's transaction in one partition, as if it had been aborted."""

    async def work(cluster: Cluster) -> None:
        found = [each for each in await open_transactions(cluster, topic, partition) if each.producer_id == producer]
        if not found:
            raise Complaint(f"producer {producer} has no transaction open in partition {partition} of {topic}")
        await abort_transaction(cluster, found[0])
        where = {"topic": topic, "partition": partition, "producer": producer}
        say(f"aborted the transaction of producer {producer} in {topic}-{partition}", where, output)

    talk(bootstrap, work)


async def _open_in(cluster: Cluster, topic: str) -> list[OpenTransaction]:
    partitions = (await describe_topic(cluster, topic)).partitions
    return [open_ for each in partitions for open_ in await open_transactions(cluster, topic, each.index)]


async def _is_known(cluster: Cluster, transaction: OpenTransaction) -> bool:
    """Whether a coordinator will end it."""
    where = (transaction.topic, transaction.partition)
    listed = await list_transactions(cluster, producers=(transaction.producer_id,))
    described = [await describe_transaction(cluster, each.transactional_id) for each in listed]
    return any(where in each.partitions for each in described)
