"""What a folder holds, found out before anything in it is written, and why it can't be opened, if it can't.

A folder may come from Apache Kafka: it is opened where one process can be all that its cluster needs and where every record
in it is known. It is read as it lies; see `inspect` for the same told to people.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from headwater.assembly.errors import CannotOpen, NoMetadata, WrongFolder
from headwater.control.cluster.codec import MetadataCodec
from headwater.control.cluster.features import KRAFT_VERSION, LATEST_METADATA, refusals
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import Resource, ResourceType
from headwater.kernel.world import Disk
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.errors import LogError
from headwater.log.journals.checkpoints import BOOTSTRAP_SNAPSHOT, CheckpointFiles
from headwater.log.journals.quorum import QuorumRecords
from headwater.log.journals.snapshot_file import BOOTSTRAP, is_whole
from headwater.log.port import PartitionId
from headwater.log.segments.folder import CLEAN_SHUTDOWN, FolderIdentity, read_identity
from headwater.log.segments.metadata_log import METADATA_PARTITION, metadata_folder
from headwater.log.segments.offline import stored_batches
from headwater.log.segments.partition_metadata import find_partitions
from headwater.log.segments.quorum_state import read_voters
from headwater.machine.decision import Record
from headwater.machine.errors import UnreadableRecord
from headwater.wire.batch.header import BatchHeader, iter_headers, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.errors import WireError
from headwater.wire.types import NodeId, Offset

_CODEC: Final = MetadataCodec(metadata_level=lambda: LATEST_METADATA)
"""Only ever reads."""


class _NothingDecided:
    """The port `ConfigRules` of a cluster that is only replayed."""

    def refusal(self, resource: Resource, settings: Mapping[str, str], before: Mapping[str, str] | None) -> str | None:  # noqa: ARG002
        return None

    def is_list(self, type_: ResourceType, name: str) -> bool:  # noqa: ARG002
        return False

    def default(self, type_: ResourceType, name: str) -> str:  # noqa: ARG002
        return ""


class Survey(Struct, frozen=True, kw_only=True):
    """A folder as it lies. `cluster` is replayed from its metadata, as far as that can be read."""

    identity: FolderIdentity
    is_clean: bool
    cluster: Cluster
    levels: Mapping[str, int]
    """Finalized feature levels, the quorum's own among them."""
    refusals: tuple[str, ...]


def check_folder(disk: Disk, root: str, node_id: NodeId) -> None:
    """Raises an AssemblyError where the folder must not be opened. A new one may."""
    found = survey(disk, root)
    if found is None:
        return
    if found.identity.node_id != node_id:
        raise WrongFolder(root, found.identity.node_id, node_id)
    if found.refusals:
        raise CannotOpen(root, found.refusals)


def survey(disk: Disk, root: str) -> Survey | None:
    """None for a folder that nobody has formatted. Raises NoMetadata where the metadata of its partitions is missing."""
    identity = read_identity(disk, root) if disk.exists(root) else None
    if identity is None:
        return None
    cluster, quorum, reasons = Cluster(rules=_NothingDecided()), QuorumRecords(), list[str]()
    try:
        _replay(disk, root, cluster, quorum)
    except (UnreadableRecord, WireError, LogError) as error:
        reasons.append(str(error))
    if not reasons and not any(cluster.brokers) and (lost := partitions_in(disk, root)):
        raise NoMetadata(root, len(lost))
    own = identity.node_id
    voters = [each.voter_id for each in quorum.voters.voters] or read_voters(disk, metadata_folder(root))
    levels = _levels(cluster, quorum)
    reasons += (*refusals(levels), *_other_nodes(own, voters, cluster), *_other_folders(identity, cluster))
    return Survey(
        identity=identity,
        is_clean=disk.exists(f"{root}/{CLEAN_SHUTDOWN}"),
        cluster=cluster,
        levels=levels,
        refusals=tuple(reasons),
    )


def _levels(cluster: Cluster, quorum: QuorumRecords) -> dict[str, int]:
    levels = dict(cluster.features.finalized)
    return levels | {KRAFT_VERSION: quorum.kraft_version} if quorum.kraft_version else levels


def partitions_in(disk: Disk, root: str) -> list[PartitionId]:
    """Those of topics that have a folder here."""
    return [each for each in find_partitions(disk, root) if each != METADATA_PARTITION]


def read_bootstrap(disk: Disk, root: str) -> tuple[Record, ...]:
    """What a folder that was only formatted shall begin with: it stands in one of two files, by the Kafka that formatted it."""
    path, snapshots = f"{root}/{BOOTSTRAP}", _snapshots(disk, root)
    if disk.exists(path):
        return tuple(_contents(disk.read(path)))
    if snapshots and snapshots.newest() == BOOTSTRAP_SNAPSHOT:
        return tuple(_contents(snapshots.read(BOOTSTRAP_SNAPSHOT)))
    return ()


def _snapshots(disk: Disk, root: str) -> CheckpointFiles | None:
    folder = metadata_folder(root)
    return CheckpointFiles(disk, folder) if disk.exists(folder) else None


def _contents(data: bytes) -> Iterator[Record]:
    return (record for batch, header in _batches(data) if not header.is_control for record in _records(batch, header))


def _replay(disk: Disk, root: str, cluster: Cluster, quorum: QuorumRecords) -> None:
    first, snapshots = Offset(0), _snapshots(disk, root)
    if snapshots and (newest := snapshots.newest()):
        first, data = newest.end, snapshots.read(newest)
        if not is_whole(data):
            raise UnreadableRecord(str(METADATA_PARTITION), first, "its snapshot is cut off")
        for batch, header in _batches(data):
            if header.is_control or newest != BOOTSTRAP_SNAPSHOT:
                _replay_batch(batch, header, cluster, quorum)
    for _, header, batch in stored_batches(disk, metadata_folder(root), first=first):
        _replay_batch(batch, header, cluster, quorum)
    if not cluster.features.finalized:
        for record in read_bootstrap(disk, root):
            cluster.replay(record)


def _replay_batch(batch: memoryview, header: BatchHeader, cluster: Cluster, quorum: QuorumRecords) -> None:
    if header.is_control:
        quorum.see(batch, header)
        return
    for record in _records(batch, header):
        cluster.replay(record)


def _batches(data: bytes) -> Iterator[tuple[memoryview, BatchHeader]]:
    view = memoryview(data)
    for at, header in iter_headers(view):
        verify_crc(view, header, at)
        yield view[at : at + header.size], header


def _records(batch: memoryview, header: BatchHeader) -> Iterator[Record]:
    for stored in iter_records(batch, header, decompressed_max=DECOMPRESSED_MAX):
        record = _CODEC.decode(stored.key, stored.value)
        if record is None:
            raise UnreadableRecord(str(METADATA_PARTITION), stored.offset, "its type is unknown to this version")
        yield record


def _other_nodes(own: NodeId, voters: Sequence[int], cluster: Cluster) -> Iterator[str]:
    """One process can't be a cluster of several."""
    if others := sorted(each for each in voters if each != own):
        yield f"its quorum has the voters {_listed(others)} beside {own}; remove them with kafka-metadata-quorum first"
    elif voters and own not in voters:
        yield f"node {own} is no voter of its quorum"
    if others := sorted(each.node_id for each in cluster.brokers if each.node_id != own):
        yield f"its cluster has the brokers {_listed(others)} beside {own}; move what they hold and unregister them first"


def _other_folders(identity: FolderIdentity, cluster: Cluster) -> Iterator[str]:
    """Kafka can spread a node over several folders (log.dirs); each holds only some of the partitions."""
    own = identity.node_id
    if own not in cluster.brokers:
        return
    directories = cluster.brokers.get(own).directories
    if len(directories) > 1:
        yield f"node {own} has {len(directories)} folders (log.dirs), and only one can be opened; move all partitions into one first"
    elif directories and identity.directory_id not in directories:
        yield f"node {own} was last seen with another folder than this one; its meta.properties has another directory.id"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
