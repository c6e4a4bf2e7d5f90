"""What a folder of ours or of Apache Kafka's holds, told to people before they have it opened. Nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from headwater.assembly.survey import partitions_in, survey
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS, TRANSACTION_STATE
from headwater.control.cluster.topics import Topic
from headwater.control.transactions.transaction import State
from headwater.kernel.world import Disk
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.port import PartitionId
from headwater.log.producers import marker_of
from headwater.log.segments.names import folder_name
from headwater.log.segments.offline import log_files, stored_batches
from headwater.wire.batch.records import Record
from headwater.wire.batch.stored import iter_stored_records
from headwater.wire.errors import UnknownType
from headwater.wire.keyed_records import decode_key, decode_versioned
from headwater.wire.record_types import GROUP_RECORDS, TRANSACTION_RECORDS
from headwater.wire.records.access_control_entry_record import AccessControlEntryRecord
from headwater.wire.records.client_quota_record import ClientQuotaRecord
from headwater.wire.records.consumer_group_metadata_key import ConsumerGroupMetadataKey
from headwater.wire.records.group_metadata_key import GroupMetadataKey
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.share_group_metadata_key import ShareGroupMetadataKey
from headwater.wire.records.streams_group_metadata_key import StreamsGroupMetadataKey
from headwater.wire.records.transaction_log_key import TransactionLogKey
from headwater.wire.records.transaction_log_value import TransactionLogValue
from headwater.wire.records.user_scram_credential_record import UserScramCredentialRecord
from headwater.wire.schema import Message
from headwater.wire.types import Uuid, uuid_text

_KINDS: Final[Mapping[type[Message], str]] = {
    GroupMetadataKey: "classic",
    ConsumerGroupMetadataKey: "consumer",
    ShareGroupMetadataKey: "share",
    StreamsGroupMetadataKey: "streams",
}
_OFFSETS_ONLY: Final = "offsets only"

Latest = dict[bytes, bytes | None]
"""Of each key the last value."""


class TopicHeld(Struct, frozen=True, kw_only=True):
    topic: str
    id: str
    partitions: int
    missing: int
    """Partitions of which there is no folder."""
    bytes: int


class GroupHeld(Struct, frozen=True, kw_only=True):
    group: str
    kind: str
    offsets: int


class TransactionHeld(Struct, frozen=True, kw_only=True):
    id: str
    state: str


class Inspection(Struct, frozen=True, kw_only=True):
    """All that `headwater inspect` tells. `refusals` say why the folder can't be opened; without any it can."""

    folder: str
    cluster: str
    node: int
    clean: bool
    features: dict[str, int]
    topics: tuple[TopicHeld, ...]
    groups: tuple[GroupHeld, ...]
    transactions: tuple[TransactionHeld, ...]
    users: int
    acls: int
    quotas: int
    bytes: int
    refusals: tuple[str, ...]


def inspect(disk: Disk, root: str) -> Inspection | None:
    """None for a folder that nobody has formatted. Raises NoMetadata as a start would."""
    found = survey(disk, root)
    if found is None:
        return None
    kept = [type(each) for each in found.cluster.snapshot()]
    partitions = partitions_in(disk, root)
    topics = tuple(_topics(disk, root, found.cluster, partitions))
    return Inspection(
        folder=root,
        cluster=found.identity.cluster_id,
        node=found.identity.node_id,
        clean=found.is_clean,
        features=dict(sorted(found.levels.items())),
        topics=topics,
        groups=tuple(_groups(_latest(disk, root, partitions, GROUP_OFFSETS))),
        transactions=tuple(_transactions(_latest(disk, root, partitions, TRANSACTION_STATE))),
        users=kept.count(UserScramCredentialRecord),
        acls=kept.count(AccessControlEntryRecord),
        quotas=kept.count(ClientQuotaRecord),
        bytes=sum(each.bytes for each in topics),
        refusals=found.refusals,
    )


def _topics(disk: Disk, root: str, cluster: Cluster, partitions: Sequence[PartitionId]) -> Iterator[TopicHeld]:
    here: dict[Uuid, list[PartitionId]] = {}
    for each in partitions:
        here.setdefault(each.topic_id, []).append(each)
    for topic in sorted(cluster.topics, key=lambda each: each.name):
        yield _topic(disk, root, topic, here.get(topic.topic_id, []))


def _topic(disk: Disk, root: str, topic: Topic, here: list[PartitionId]) -> TopicHeld:
    files = [path for each in here for _, path in log_files(disk, f"{root}/{folder_name(each)}")]
    return TopicHeld(
        topic=topic.name,
        id=uuid_text(topic.topic_id),
        partitions=len(topic.partitions),
        missing=len(topic.partitions) - len(here),
        bytes=sum(disk.size(path) for path in files),
    )


def _latest(disk: Disk, root: str, partitions: Sequence[PartitionId], topic: str) -> Latest:
    """What a compacted internal topic says at last. Records of a transaction count when it is committed."""
    latest: Latest = {}
    for partition in partitions:
        if partition.topic == topic:
            undecided: dict[int, list[Record]] = {}
            for _, header, batch in stored_batches(disk, f"{root}/{folder_name(partition)}"):
                if marker := marker_of(batch, header):
                    _take(latest, undecided.pop(header.producer_id, []) if marker.committed else [])
                elif not header.is_control:
                    records = list(iter_stored_records(batch, header, decompressed_max=DECOMPRESSED_MAX))
                    if header.is_transactional:
                        undecided.setdefault(header.producer_id, []).extend(records)
                    else:
                        _take(latest, records)
    return latest


def _take(latest: Latest, records: list[Record]) -> None:
    latest.update((each.key, each.value) for each in records if each.key is not None)


def _groups(latest: Latest) -> Iterator[GroupHeld]:
    kinds: dict[str, str] = {}
    offsets: dict[str, int] = {}
    for raw, value in latest.items():
        key = _group_key(raw)
        if value is None or key is None:
            continue
        if isinstance(key, OffsetCommitKey):
            offsets[key.group] = offsets.get(key.group, 0) + 1
            kinds.setdefault(key.group, _OFFSETS_ONLY)
        elif kind := _KINDS.get(type(key)):
            kinds[_named(key)] = kind
    for group in sorted(kinds):
        yield GroupHeld(group=group, kind=kinds[group], offsets=offsets.get(group, 0))


def _group_key(raw: bytes) -> Message | None:
    try:
        return decode_key(GROUP_RECORDS, raw)[1]
    except UnknownType:
        return None


def _named(key: Message) -> str:
    return key.group if isinstance(key, GroupMetadataKey) else key.group_id  # type: ignore[attr-defined]


def _transactions(latest: Latest) -> Iterator[TransactionHeld]:
    for raw, value in sorted(latest.items()):
        kind, key = decode_key(TRANSACTION_RECORDS, raw)
        if value is None or not isinstance(key, TransactionLogKey):
            continue
        state = decode_versioned(kind.value, value)
        assert isinstance(state, TransactionLogValue)
        yield TransactionHeld(id=key.transactional_id, state=State(state.transaction_status).text)
