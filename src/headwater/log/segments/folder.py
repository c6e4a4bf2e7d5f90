"""The root folder: whose it is, who holds it, and whether it was left in order.

meta.properties        version=1, cluster.id, node.id, directory.id
.lock                  held by the one process that may write here
.kafka_cleanshutdown   there only while the folder is at rest in good order
"""

from typing import Final

from msgspec import Struct

from headwater.kernel.world import Disk
from headwater.log.errors import StorageFailed
from headwater.wire.types import NodeId, Uuid, uuid_of, uuid_text

META_PROPERTIES: Final = "meta.properties"
CLEAN_SHUTDOWN: Final = ".kafka_cleanshutdown"

_CLEAN: Final = b'{"version":0,"brokerEpoch":-1}'


class FolderIdentity(Struct, frozen=True, kw_only=True):
    """What `meta.properties` says: which cluster and node the folder belongs to, and the id that partitions name it by."""

    cluster_id: str
    node_id: NodeId
    directory_id: Uuid


def read_identity(disk: Disk, root: str) -> FolderIdentity | None:
    """None for a folder that was never formatted."""
    path = f"{root}/{META_PROPERTIES}"
    if not disk.exists(path):
        return None
    lines = disk.read(path).decode().splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    try:
        return FolderIdentity(
            cluster_id=fields["cluster.id"].strip(),
            node_id=NodeId(int(fields["node.id"])),
            directory_id=uuid_of(fields["directory.id"].strip()),
        )
    except (KeyError, ValueError) as error:
        raise StorageFailed(f"{path} lacks or garbles a field that it must have: {error}") from None


async def write_identity(disk: Disk, root: str, identity: FolderIdentity) -> None:
    fields = {
        "cluster.id": identity.cluster_id,
        "directory.id": uuid_text(identity.directory_id),
        "node.id": identity.node_id,
        "version": 1,
    }
    text = "#\n" + "".join(f"{name}={value}\n" for name, value in fields.items())
    await disk.write(f"{root}/{META_PROPERTIES}", text.encode())


async def take_clean_mark(disk: Disk, root: str) -> bool:
    """Whether the folder was left in order. The mark goes before anything is written: from here on a crash is a crash."""
    path = f"{root}/{CLEAN_SHUTDOWN}"
    if not disk.exists(path):
        return False
    disk.remove(path)
    await disk.sync_folder(root)
    return True


async def put_clean_mark(disk: Disk, root: str) -> None:
    await disk.write(f"{root}/{CLEAN_SHUTDOWN}", _CLEAN)
