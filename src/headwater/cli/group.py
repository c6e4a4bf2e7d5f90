"""`headwater group`: how far groups have read, and moving them."""

from typing import Annotated, Any

import typer

from headwater.cli.failures import Complaint
from headwater.cli.output import As, Output, say, show, show_one
from headwater.cli.places import EXAMPLES, Place, offset_at, place_of
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.groups import (
    CONSUMERS,
    GroupDescription,
    GroupMember,
    assigned_partitions,
    delete_group,
    describe_group,
    list_groups,
)
from headwater.client.admin.offsets import At, CommittedOffset, commit_offsets, committed_offsets, find_offset
from headwater.client.admin.topics import describe_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused
from headwater.wire.error_codes import ErrorCode

app = typer.Typer(no_args_is_help=True, help="See how far consumer groups have read, move and delete them.")

Name = Annotated[str, typer.Argument(metavar="GROUP")]
Place_ = Annotated[str, typer.Option("--to", help=f"Where to: {EXAMPLES}", metavar="PLACE")]
TopicPartition = tuple[str, int]


@app.command("list")
def list_(bootstrap: Bootstrap = LOCAL, output: As = Output.TABLE) -> None:
    """List all groups."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {
                "group": each.id,
                "state": each.state,
                "protocol": each.protocol_type or "(offsets only)",
                "type": each.type,
            }
            for each in await list_groups(cluster)
        ]

    show(talk(bootstrap, work), output, empty="There are no groups.")


@app.command()
def describe(
    name: Name,
    members: Annotated[bool, typer.Option("--members", help="The members in place of the offsets")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Show how far a group has read each partition, and who reads it."""

    async def work(cluster: Cluster) -> dict[str, Any]:
        group = await describe_group(cluster, name)
        return {
            "group": name,
            "state": group.state,
            "protocol": group.protocol or None,
            "coordinator": group.coordinator,
            **({"members": _member_rows(group)} if members else {"offsets": await _offset_rows(cluster, group)}),
        }

    show_one(talk(bootstrap, work), output, parts="members" if members else "offsets")


@app.command()
def reset(
    name: Name,
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", "-t", help="Only these; may be given again [default: all it has read]"),
    ] = None,
    partition: Annotated[int | None, typer.Option("--partition", "-p", help="Only this one", min=0)] = None,
    to: Place_ = "beginning",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Move a group that nobody reads in to another place."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        place = place_of(to)
        await _refuse_while_read(cluster, name)
        before = await committed_offsets(cluster, name)
        after = await _moved(cluster, await _partitions(cluster, topic, before), partition, place)
        if not after:
            raise Complaint(f"group {name} has read nothing: say which topic with --topic")
        if not dry_run:
            await commit_offsets(
                cluster, name, {where: CommittedOffset(offset=offset) for where, offset in after.items()}
            )
        return [
            {
                "topic": where[0],
                "partition": where[1],
                "from": before[where].offset if where in before else None,
                "to": offset,
            }
            for where, offset in sorted(after.items())
        ]

    show(talk(bootstrap, work), output)


@app.command()
def delete(
    names: Annotated[list[str], typer.Argument(metavar="GROUP...")],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Delete groups with their offsets."""

    async def work(cluster: Cluster) -> None:
        for name in names:
            await delete_group(cluster, name)
            say(f"deleted {name}", {"group": name}, output)

    talk(bootstrap, work)


async def _offset_rows(cluster: Cluster, group: GroupDescription) -> list[dict[str, Any]]:
    committed = await committed_offsets(cluster, group.id)
    readers = {where: each.client_id for each in group.members for where in _reads(group, each)}
    rows = []
    for where in sorted({**committed, **readers}):
        end = (await find_offset(cluster, *where, At.LATEST)).offset
        offset = committed[where].offset if where in committed else None
        rows.append(
            {
                "topic": where[0],
                "partition": where[1],
                "offset": offset,
                "end": end,
                "lag": None if offset is None else max(end - offset, 0),
                "reader": readers.get(where),
            }
        )
    return rows


def _member_rows(group: GroupDescription) -> list[dict[str, Any]]:
    return [
        {
            "member": each.id,
            "client": each.client_id,
            "host": each.host,
            "reads": [f"{topic}-{index}" for topic, index in _reads(group, each)],
        }
        for each in group.members
    ]


def _reads(group: GroupDescription, member: GroupMember) -> tuple[TopicPartition, ...]:
    """Only consumers' assignments are partitions."""
    return assigned_partitions(member) if group.protocol_type == CONSUMERS else ()


async def _refuse_while_read(cluster: Cluster, name: str) -> None:
    """A group that is not there yet may be given a place to begin."""
    try:
        group = await describe_group(cluster, name)
    except Refused as refused:
        if refused.code != ErrorCode.GROUP_ID_NOT_FOUND:
            raise
        return
    if group.members:
        raise Refused(
            ErrorCode.NON_EMPTY_GROUP, subject=f"group {name}", message=f"{name} has {len(group.members)} members"
        )


async def _partitions(
    cluster: Cluster, topics: list[str] | None, committed: dict[TopicPartition, CommittedOffset]
) -> list[TopicPartition]:
    if not topics:
        return sorted(committed)
    described = [await describe_topic(cluster, topic) for topic in topics]
    return [(topic.name, each.index) for topic in described for each in topic.partitions]


async def _moved(
    cluster: Cluster, partitions: list[TopicPartition], only: int | None, place: Place
) -> dict[TopicPartition, int]:
    chosen = [where for where in partitions if only is None or where[1] == only]
    return {where: await offset_at(cluster, *where, place) for where in chosen}
