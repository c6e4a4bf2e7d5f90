"""Where groups are in their partitions: a share group keeps that in another place than all others, and is moved another way."""

from collections.abc import Mapping, Sequence

from headwater.client.admin.group_descriptions import describe_group
from headwater.client.admin.groups import GroupKind
from headwater.client.admin.offsets import CommittedOffset, commit_offsets, committed_offsets, delete_offsets
from headwater.client.admin.share_offsets import alter_share_offsets, delete_share_offsets, share_offsets
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused
from headwater.wire.error_codes import ErrorCode

TopicPartition = tuple[str, int]


async def refuse_while_read(cluster: Cluster, name: str) -> GroupKind | None:
    """The group's kind. A group that is not there yet may be given a place to begin, and has none."""
    try:
        group = await describe_group(cluster, name)
    except Refused as refused:
        if refused.code != ErrorCode.GROUP_ID_NOT_FOUND:
            raise
        return None
    if group.members:
        raise Refused(
            ErrorCode.NON_EMPTY_GROUP, subject=f"group {name}", message=f"{name} has {len(group.members)} members"
        )
    return group.kind


async def places(cluster: Cluster, name: str, kind: GroupKind) -> dict[TopicPartition, int | None]:
    """The next offset in each partition that the group has read; None where a share group has not begun yet."""
    if kind is GroupKind.SHARE:
        return {where: each.start for where, each in (await share_offsets(cluster, name)).items()}
    return {where: each.offset for where, each in (await committed_offsets(cluster, name)).items()}


async def move(cluster: Cluster, name: str, kind: GroupKind, to: Mapping[TopicPartition, int]) -> None:
    if kind is GroupKind.SHARE:
        await alter_share_offsets(cluster, name, to)
    else:
        offsets = {where: CommittedOffset(offset=offset) for where, offset in to.items()}
        await commit_offsets(cluster, name, offsets)


async def forget(cluster: Cluster, name: str, kind: GroupKind, topics: Sequence[str]) -> None:
    if kind is GroupKind.SHARE:
        await delete_share_offsets(cluster, name, topics)
    else:
        committed = await committed_offsets(cluster, name)
        await delete_offsets(cluster, name, [where for where in committed if where[0] in topics])
