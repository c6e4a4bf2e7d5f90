"""`headwater consume`: records of a topic as lines, JSON lines or CSV."""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from headwater.cli.failures import Complaint, explained
from headwater.cli.places import BEGINNING, END, EXAMPLES, Place, offset_at, place_of
from headwater.cli.progress import progress
from headwater.cli.records import Form, Placed, Writer
from headwater.cli.registry_options import User
from headwater.cli.secured import security
from headwater.cli.session import CLIENT_ID, LOCAL, Bootstrap, talk
from headwater.client.admin.topics import describe_topic
from headwater.client.cluster import Cluster

if TYPE_CHECKING:
    from headwater.client.bulk import BulkConsumer, Received

app = typer.Typer()

WAIT_MS: Final = 500
RESETS: Final = {BEGINNING: "earliest", END: "latest"}


@app.command()
def consume(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    begin: Annotated[str, typer.Option("--from", "-f", help=f"Where to begin: {EXAMPLES}", metavar="PLACE")] = END,
    count: Annotated[int | None, typer.Option("--count", "-n", help="Stop after so many", min=1)] = None,
    group: Annotated[
        str | None, typer.Option("--group", "-g", help="Read as a member of this group, and commit")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for more at the end, or stop there")
    ] = True,
    form: Annotated[Form, typer.Option("--output", "-o", help="What a record is written as")] = Form.LINES,
    template: Annotated[
        str | None, typer.Option("--format", help="Such as '{partition}:{offset} {key} {value}'")
    ] = None,
    partition: Annotated[int | None, typer.Option("--partition", "-p", help="Only this one", min=0)] = None,
    registry: Annotated[
        str | None,
        typer.Option(
            "--registry",
            "-r",
            envvar="HEADWATER_REGISTRY",
            help="Show what is written with its schemas",
            metavar="URL[,URL]",
        ),
    ] = None,
    registry_user: User = None,
    committed_only: Annotated[
        bool, typer.Option("--committed", help="Not what a transaction has not committed")
    ] = False,
    bootstrap: Bootstrap = LOCAL,
) -> None:
    """Print a topic's records: by default those that come from now on, until Ctrl-C."""
    with explained():
        writer = Writer(form, template)
        if group is None:
            positions = talk(bootstrap, lambda cluster: _positions(cluster, topic, partition, place_of(begin)))
        elif begin not in RESETS or partition is not None:
            raise Complaint(
                "a group goes on where it was: move it with `headwater group reset`, then consume without --from"
            )
        else:
            positions = {}
            talk(bootstrap, lambda cluster: describe_topic(cluster, topic))
        from headwater.client.bulk import BulkConsumer

        isolation = "read_committed" if committed_only else "read_uncommitted"
        consumer = BulkConsumer(
            bootstrap,
            client_id=CLIENT_ID,
            group=group,
            reset=RESETS.get(begin, "earliest"),
            settings={"isolation.level": isolation, **security().of_librdkafka},
        )
        try:
            if group is None:
                consumer.assign(positions)
            else:
                consumer.subscribe([topic])
            with suppress(KeyboardInterrupt):
                _copy(
                    consumer,
                    _shown_by(writer, registry, registry_user),
                    count=count,
                    follow=follow,
                    commit=group is not None,
                )
        finally:
            consumer.close()


async def _positions(cluster: Cluster, topic: str, only: int | None, place: Place) -> dict[tuple[str, int], int]:
    there = [each.index for each in (await describe_topic(cluster, topic)).partitions]
    if only is not None and only not in there:
        raise Complaint(f"{topic} has no partition {only}; it has 0 to {len(there) - 1}")
    chosen = there if only is None else [only]
    return {(topic, each): await offset_at(cluster, topic, each, place) for each in chosen}


def _shown_by(writer: Writer, registry: str | None, user: str | None) -> Callable[[Placed], bytes]:
    if registry is None:
        return writer.write
    from headwater.cli.schema_data import Reading

    reading = Reading(registry, user)
    return lambda placed: writer.write(replace(placed, record=reading.read(placed.record)))


def _copy(
    consumer: "BulkConsumer", shown: Callable[[Placed], bytes], *, count: int | None, follow: bool, commit: bool
) -> None:
    """Until there are enough, or the end is reached, or for ever. What is committed was written before."""
    left = count
    with progress("records", shown=not sys.stdout.isatty(), total=count) as advance:
        while left is None or left > 0:
            received = consumer.read(WAIT_MS)
            taken = received if left is None else received[:left]
            for each in taken:
                sys.stdout.buffer.write(shown(Placed(topic=each.topic, partition=each.partition, record=each.record)))
            sys.stdout.flush()
            advance(len(taken))
            left = None if left is None else left - len(taken)
            if commit:
                consumer.commit(_next_offsets(taken))
            if not follow and consumer.is_at_end:
                return


def _next_offsets(taken: "list[Received]") -> dict[tuple[str, int], int]:
    return {(each.topic, each.partition): each.record.offset + 1 for each in taken}
