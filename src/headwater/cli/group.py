"""`headwater group`: groups of every kind, how far they have read, and moving them."""

from typing import Annotated, Any

import typer

from headwater.cli.failures import Complaint
from headwater.cli.group_places import forget, move, places, refuse_while_read
from headwater.cli.group_rows import member_rows, offset_rows
from headwater.cli.output import As, Output, say, show, show_one
from headwater.cli.places import EXAMPLES, offset_at, place_of
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.group_descriptions import describe_group
from headwater.client.admin.groups import GroupKind, delete_group, group_kind, list_groups
from headwater.client.admin.topics import describe_topic
from headwater.client.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="See how far groups have read, move and delete them.")

Name = Annotated[str, typer.Argument(metavar="GROUP")]
Place_ = Annotated[str, typer.Option("--to", help=f"Where to: {EXAMPLES}", metavar="PLACE")]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", "-t", help="Only these; may be given again [default: all it has read]"),
]
TopicPartition = tuple[str, int]


@app.command("list")
def list_(
    kind: Annotated[list[GroupKind] | None, typer.Option("--kind", help="Only these; may be given again")] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only those in this state, as Empty; may be given again")
    ] = None,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """List the groups, of every kind."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {
                "group": each.id,
                "state": each.state,
                "protocol": each.protocol_type or "(offsets only)",
                "type": each.kind.value,
            }
            for each in await list_groups(cluster, kinds=kind or (), states=state or ())
        ]

    show(talk(bootstrap, work), output, empty="There are no such groups." if kind or state else "There are no groups.")


@app.command()
def describe(
    name: Name,
    members: Annotated[bool, typer.Option("--members", help="The members in place of the offsets")] = False,
    state: Annotated[bool, typer.Option("--state", help="Neither offsets nor members")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Show how far a group has read each partition, and who reads it."""
    parts = None if state else "members" if members else "offsets"

    async def work(cluster: Cluster) -> dict[str, Any]:
        group = await describe_group(cluster, name)
        shown: dict[str, Any] = {
            "group": name,
            "type": group.kind.value,
            "state": group.state,
            "protocol": group.protocol or None,
            "epoch": group.epoch,
            "coordinator": group.coordinator,
            "size": len(group.members),
        }
        if parts is not None:
            shown[parts] = member_rows(group) if members else await offset_rows(cluster, group)
        return shown

    show_one(talk(bootstrap, work), output, parts=parts)


@app.command()
def reset(
    name: Name,
    topic: Topics = None,
    partition: Annotated[int | None, typer.Option("--partition", "-p", help="Only this one", min=0)] = None,
    to: Place_ = "beginning",
    kind: Annotated[
        GroupKind, typer.Option("--kind", help="What a group becomes that isn't there yet: classic or share")
    ] = GroupKind.CLASSIC,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be")] = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Move a group that nobody reads in to another place."""

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        place = place_of(to)
        is_of = await refuse_while_read(cluster, name) or kind
        before = await places(cluster, name, is_of)
        chosen = await _partitions(cluster, topic) if topic else sorted(before)
        after = {
            where: await offset_at(cluster, *where, place)
            for where in chosen
            if partition is None or where[1] == partition
        }
        if not after:
            raise Complaint(f"group {name} has read nothing: say which topic with --topic")
        if not dry_run:
            await move(cluster, name, is_of, after)
        return [
            {"topic": where[0], "partition": where[1], "from": before.get(where), "to": offset}
            for where, offset in sorted(after.items())
        ]

    show(talk(bootstrap, work), output)


@app.command("delete-offsets")
def delete_offsets(
    name: Name,
    topic: Annotated[list[str], typer.Option("--topic", "-t", help="Of these; may be given again")],
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Forget how far a group has read topics to which none of its members subscribes."""

    async def work(cluster: Cluster) -> None:
        await forget(cluster, name, await group_kind(cluster, name), topic)
        say(f"group {name} has read nothing of {', '.join(topic)} now", {"group": name, "topics": topic}, output)

    talk(bootstrap, work)


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


async def _partitions(cluster: Cluster, topics: list[str]) -> list[TopicPartition]:
    described = [await describe_topic(cluster, topic) for topic in topics]
    return [(topic.name, each.index) for topic in described for each in topic.partitions]
