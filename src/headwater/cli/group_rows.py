"""A group's offsets and members as rows."""

from typing import Any

from headwater.client.admin.group_descriptions import GroupDescription
from headwater.client.admin.groups import GroupKind
from headwater.client.admin.offsets import At, committed_offsets, find_offset
from headwater.client.admin.share_offsets import share_offsets
from headwater.client.cluster import Cluster

TopicPartition = tuple[str, int]
Rows = list[dict[str, Any]]


async def offset_rows(cluster: Cluster, group: GroupDescription) -> Rows:
    if group.kind is GroupKind.SHARE:
        return await _share_rows(cluster, group)
    committed = await committed_offsets(cluster, group.id)
    readers = {where: each.client_id for each in group.members for where in each.partitions}
    rows = []
    for where in sorted({**committed, **readers}):
        end = await _end(cluster, where)
        offset = committed[where].offset if where in committed else None
        lag = None if offset is None else max(end - offset, 0)
        rows.append(_row(where, offset=offset, end=end, lag=lag) | {"reader": readers.get(where)})
    return rows


async def _share_rows(cluster: Cluster, group: GroupDescription) -> Rows:
    """Several members may read one partition, and done is also some of what comes after the offset."""
    found = await share_offsets(cluster, group.id)
    readers: dict[TopicPartition, list[str]] = {}
    for member in group.members:
        for where in member.partitions:
            readers.setdefault(where, []).append(member.client_id)
    return [
        _row(where, offset=found[where].start, end=await _end(cluster, where), lag=found[where].lag)
        | {"readers": readers.get(where, [])}
        for where in sorted(found)
    ]


def member_rows(group: GroupDescription) -> Rows:
    """An application of Kafka Streams has tasks; all others read partitions."""
    return [
        {
            "member": each.id,
            **({} if each.epoch is None else {"epoch": each.epoch}),
            "client": each.client_id,
            "host": each.host,
            "reads": each.tasks or [f"{topic}-{index}" for topic, index in each.partitions],
        }
        for each in group.members
    ]


async def _end(cluster: Cluster, where: TopicPartition) -> int:
    return (await find_offset(cluster, *where, At.LATEST)).offset


def _row(where: TopicPartition, *, offset: int | None, end: int, lag: int | None) -> dict[str, Any]:
    return {"topic": where[0], "partition": where[1], "offset": offset, "end": end, "lag": lag}
