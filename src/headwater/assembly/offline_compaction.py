"""One round of compaction over one log of a folder that nobody has open: what a broker would do when it is due."""

from typing import Final

from headwater.assembly.broker import catalogue
from headwater.assembly.errors import AssemblyError
from headwater.assembly.survey import check_folder, survey
from headwater.broker.configurations import DurableConfigs
from headwater.kernel.layers import LiveSettings
from headwater.kernel.units import MiB
from headwater.kernel.world import World
from headwater.log.compaction.cleaner import Cleaned, Cleaner
from headwater.log.compaction.dirty import measure
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.pace import Pace
from headwater.log.compaction.settings import DEDUPE_BUFFER_SIZE, DEDUPE_LOAD_FACTOR, IO_BUFFER_SIZE
from headwater.log.port import PartitionId
from headwater.log.segments.logs import open_logs
from headwater.log.settings import log_settings
from headwater.wire.types import TopicName

_NO_LIMIT: Final = float(1 << 20) * MiB


class NotCompactable(AssemblyError):
    """There is no such partition here, or its topic is not compacted."""


async def compact(world: World, root: str, topic: TopicName, index: int) -> Cleaned | None:
    """None where nothing is dirty: all of it was compacted, or stands in the segment that is written to.

    Raises a FolderInUse where a broker has the folder, and what a broker would raise that can't open it.
    """
    found = survey(world.disk, root)
    known = found.cluster.topics.named(topic) if found else None
    if found is None or known is None or index >= len(known.partitions):
        raise NotCompactable(f"{root} has no partition {index} of a topic {topic}")
    live = LiveSettings(catalogue(), node_id=found.identity.node_id, static={})
    DurableConfigs(live).reloaded(found.cluster)
    told = log_settings(live.topic(topic), live.broker)
    if not told.compact_policy:
        raise NotCompactable(f"{topic} is not compacted: its cleanup.policy has no compact")
    node = found.identity.node_id
    logs = await open_logs(world, root, check=lambda: check_folder(world.disk, root, node))
    try:
        partition = PartitionId(topic=topic, topic_id=known.topic_id, index=index)
        log = await logs.open(partition, epoch=known.partitions[index].leader_epoch, settings=told)
        now = world.clock.now()
        dirty = measure(log.spans(), log.bounds, told, first_dirty=log.first_dirty, now=now)
        if not dirty.dirty_bytes:
            return None
        broker = live.broker
        keys = KeyMap(bytes_max=broker[DEDUPE_BUFFER_SIZE], load_factor=broker[DEDUPE_LOAD_FACTOR])
        pace = Pace(bytes_per_second=_NO_LIMIT)
        read_bytes = broker[IO_BUFFER_SIZE]
        cleaner = Cleaner(log, dirty, keys, now=now, pace=pace, workers=world.workers, read_bytes=read_bytes)
        return await cleaner.clean()
    finally:
        await logs.close()
