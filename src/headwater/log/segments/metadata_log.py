"""The metadata log's folder, `__cluster_metadata-0`, opened as KRaft opens it.

Every start of the process is an election that a quorum of one wins: `quorum-state` says so before anything is written in the
new epoch. The LeaderChange record, the snapshots beside the log and what they replace are the business of the journal above.
"""

from typing import Final

from headwater.kernel.units import MiB
from headwater.kernel.world import Disk, World
from headwater.log.errors import StorageFailed
from headwater.log.port import PartitionId
from headwater.log.segments.log import SegmentLog
from headwater.log.segments.logs import SegmentLogs
from headwater.log.segments.names import LOG, METADATA_TOPIC, folder_name
from headwater.log.segments.partition_metadata import read_topic_id, topic_id_file
from headwater.log.segments.quorum_state import FILE, read_leader_epoch, write_quorum_state
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, NodeId, TopicName, Uuid

METADATA_PARTITION: Final = PartitionId(topic=TopicName(METADATA_TOPIC), topic_id=Uuid(bytes(15) + b"\x01"), index=0)
METADATA_SETTINGS: Final = LogSettings(segment_bytes=16 * MiB, delete_policy=False, file_delete_delay_ms=0)
"""Small segments, for only whole ones go when a snapshot has made them needless."""

_NONE_YET: Final = LeaderEpoch(0)


def metadata_folder(root: str) -> str:
    return f"{root}/{folder_name(METADATA_PARTITION)}"


async def open_metadata_log(logs: SegmentLogs, world: World, root: str, *, node: NodeId) -> SegmentLog:
    """The log in its next epoch, in which nothing is written yet."""
    folder = metadata_folder(root)
    voted = read_leader_epoch(world.disk, folder)
    if voted is None:
        _check_nothing_written(world.disk, folder)
        await _adopt(world.disk, folder)
        voted = _NONE_YET
    log = await logs.open(METADATA_PARTITION, epoch=voted, settings=METADATA_SETTINGS)
    written = max((each.epoch for each in log.bounds.epochs), default=_NONE_YET)
    epoch = LeaderEpoch(max(voted, written) + 1)
    await write_quorum_state(world.disk, folder, leader=node, epoch=epoch)
    log.lead(epoch)
    return log


async def _adopt(disk: Disk, folder: str) -> None:
    """Kafka's format leaves a first snapshot in a folder that no log was opened in yet: it must not be taken for a stray one."""
    if disk.exists(folder) and read_topic_id(disk, folder) is None:
        await disk.write(*topic_id_file(folder, METADATA_PARTITION.topic_id))


def _check_nothing_written(disk: Disk, folder: str) -> None:
    """Without the last epoch that began nobody can tell a torn batch from a right one, and all would be cut off."""
    names = disk.list(folder) if disk.exists(folder) else []
    if any(name.endswith(LOG) and disk.size(f"{folder}/{name}") for name in names):
        raise StorageFailed(f"{folder} holds records, but not its file {FILE}; restore it")
