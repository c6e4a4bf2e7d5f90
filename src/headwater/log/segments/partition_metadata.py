"""`partition.metadata`: which life of a topic a folder belongs to.

version: 0
topic_id: 0bFbAyv-SPSXSfwtZUbWLg
"""

from typing import Final

from headwater.kernel.world import Disk
from headwater.log.port import PartitionId
from headwater.log.segments.names import LOG, PARTITION_METADATA, base_of, parse_folder_name
from headwater.wire.types import Offset, TopicName, Uuid, uuid_of, uuid_text

_TOPIC_ID: Final = "topic_id:"


def topic_id_file(folder: str, topic_id: Uuid) -> tuple[str, bytes]:
    """The file's path, and what is to stand in it."""
    return f"{folder}/{PARTITION_METADATA}", f"version: 0\n{_TOPIC_ID} {uuid_text(topic_id)}".encode()


def read_topic_id(disk: Disk, folder: str) -> Uuid | None:
    """None where a crash came before the file was whole; then nothing in the folder was acknowledged either."""
    path = f"{folder}/{PARTITION_METADATA}"
    if not disk.exists(path):
        return None
    for line in disk.read(path).decode(errors="replace").splitlines():
        if line.startswith(_TOPIC_ID):
            try:
                return uuid_of(line.removeprefix(_TOPIC_ID).strip())
            except ValueError:
                return None
    return None


def find_partitions(disk: Disk, root: str) -> list[PartitionId]:
    """Those whose folders tell their topic's id."""
    return [
        PartitionId(topic=TopicName(place[0]), topic_id=topic_id, index=place[1])
        for name in disk.list(root)
        if (place := parse_folder_name(name)) and (topic_id := read_topic_id(disk, f"{root}/{name}"))
    ]


def first_base(disk: Disk, folder: str) -> Offset:
    """Where the oldest segment begins."""
    bases = (base_of(name) for name in disk.list(folder) if name.endswith(LOG))
    return min((base for base in bases if base is not None), default=Offset(0))
