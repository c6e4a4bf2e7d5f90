"""A log's files as rows of plain values, whoever wrote them: batches, records, indexes, producers. Nothing is written.

What lies in a topic of Kafka's own is told by its meaning: metadata, groups, transactions, share state.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from headwater.kernel.errors import HeadwaterError
from headwater.kernel.world import Disk
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.segments import offset_index, time_index, txn_index
from headwater.log.segments.names import (
    LOG,
    METADATA_TOPIC,
    OFFSET_INDEX,
    PRODUCER_SNAPSHOT,
    TIME_INDEX,
    TXN_INDEX,
    base_of,
    parse_folder_name,
)
from headwater.log.segments.offline import batches_in, log_files
from headwater.log.segments.producer_snapshot import unpack_snapshot
from headwater.wire.batch.control import control_type
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.records import Record
from headwater.wire.batch.stored import iter_stored_records
from headwater.wire.errors import UnknownType, WireError
from headwater.wire.keyed_records import decode_key, decode_versioned
from headwater.wire.metadata_records import decode_metadata
from headwater.wire.record_types import GROUP_RECORDS, SHARE_RECORDS, TRANSACTION_RECORDS
from headwater.wire.registry import KeyedRecord
from headwater.wire.schema import ArrayOf, Structure, Wire
from headwater.wire.types import Offset, uuid_text

Row = Mapping[str, Any]

_SNAPSHOT: Final = ".checkpoint"
_KEYED: Final[Mapping[str, Mapping[int, KeyedRecord]]] = {
    "__consumer_offsets": GROUP_RECORDS,
    "__transaction_state": TRANSACTION_RECORDS,
    "__share_group_state": SHARE_RECORDS,
}


class NotDumpable(HeadwaterError):
    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is no partition's folder and none of its files (.log, .index, .timeindex, .txnindex, ...)"
        )


def dump(disk: Disk, path: str, *, first: Offset, records: bool) -> Iterator[Row]:
    """Of a partition's folder all batches, of a file what it holds. With `records` those inside the batches instead.

    Raises NotDumpable for anything else, a DiskError for what is not there.
    """
    folder, _, name = path.rstrip("/").rpartition("/")
    base = base_of(name)
    if name.endswith(LOG) or (name.endswith(_SNAPSHOT) and name[:1].isdecimal()):
        return _batches(disk, path, _topic_of(folder), first=first, records=records)
    if base is not None and (reader := _READERS.get(name[name.rfind(".") :])):
        return reader(disk.read(path), base)
    if parse_folder_name(name) and log_files(disk, path):
        files = (file for _, file in log_files(disk, path))
        return (row for file in files for row in _batches(disk, file, _topic_of(path), first=first, records=records))
    raise NotDumpable(path)


def _topic_of(folder: str) -> str:
    place = parse_folder_name(folder.rpartition("/")[2])
    return place[0] if place else ""


def _batches(disk: Disk, path: str, topic: str, *, first: Offset, records: bool) -> Iterator[Row]:
    for position, header, batch in batches_in(disk, path):
        if header.last_offset < first:
            continue
        if not records:
            yield {"file": path.rpartition("/")[2], "position": position, **_batch(header)}
            continue
        for record in iter_stored_records(batch, header, decompressed_max=DECOMPRESSED_MAX):
            if record.offset >= first:
                yield {"offset": record.offset, "timestamp": record.timestamp, **_content(record, header, topic)}


def _batch(header: BatchHeader) -> Row:
    return {
        "base_offset": header.base_offset,
        "last_offset": header.last_offset,
        "records": header.record_count,
        "bytes": header.size,
        "format": header.magic,
        "compression": header.compression.name.lower(),
        "max_timestamp": header.max_timestamp,
        "leader_epoch": header.partition_leader_epoch,
        "producer_id": header.producer_id,
        "producer_epoch": header.producer_epoch,
        "base_sequence": header.base_sequence,
        "transactional": header.is_transactional,
        "control": header.is_control,
    }


def _content(record: Record, header: BatchHeader, topic: str) -> Row:
    if header.is_control:
        kind = control_type(record)
        return {"control": "unknown" if kind is None else kind.name.lower()}
    try:
        if topic == METADATA_TOPIC:
            message, version = decode_metadata(record.value or b"")
            return {"type": type(message).__name__, "version": version, "value": _plain(message)}
        if types := _KEYED.get(topic):
            return _keyed(record, types)
    except WireError as error:
        if not isinstance(error, UnknownType):
            return {"unreadable": str(error), **_raw(record)}
    return _raw(record)


def _keyed(record: Record, types: Mapping[int, KeyedRecord]) -> Row:
    kind, key = decode_key(types, record.key or b"")
    value = None if record.value is None else _plain(decode_versioned(kind.value, record.value))
    return {"type": kind.name, "key": _plain(key), "value": value}


def _raw(record: Record) -> Row:
    headers = [[name, _text(value)] for name, value in record.headers]
    return {"key": _text(record.key), "value": _text(record.value), "headers": headers}


def _text(data: bytes | None) -> str | None:
    """As text where it is some; otherwise in base64, so that nothing is lost."""
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(data).decode()}"


def _plain(message: Structure) -> dict[str, Any]:
    return {field.name: _value(getattr(message, field.name), field.type) for field in message.FIELDS}


def _value(value: Any, wire: Wire) -> Any:
    if value is None:
        return None
    if isinstance(wire, ArrayOf):
        return [_value(each, wire.element) for each in value]
    if isinstance(value, Structure):
        return _plain(value)
    if wire == "uuid":
        return uuid_text(value)
    return _text(bytes(value)) if isinstance(value, bytes | bytearray | memoryview) else value


def _offsets(raw: bytes, base: Offset) -> Iterator[Row]:
    return ({"offset": offset, "position": position} for offset, position in offset_index.read_entries(raw, base))


def _times(raw: bytes, base: Offset) -> Iterator[Row]:
    return ({"timestamp": timestamp, "offset": offset} for timestamp, offset in time_index.read_entries(raw, base))


def _aborted(raw: bytes, base: Offset) -> Iterator[Row]:
    del base
    for each in txn_index.read_entries(raw):
        yield {
            "producer_id": each.producer_id,
            "first_offset": each.first,
            "last_offset": each.last,
            "last_stable_offset": each.last_stable,
        }


def _producers(raw: bytes, base: Offset) -> Iterator[Row]:
    del base
    return (_plain(each) for each in unpack_snapshot(raw) or ())


_READERS: Final[Mapping[str, Callable[[bytes, Offset], Iterator[Row]]]] = {
    OFFSET_INDEX: _offsets,
    TIME_INDEX: _times,
    TXN_INDEX: _aborted,
    PRODUCER_SNAPSHOT: _producers,
}
