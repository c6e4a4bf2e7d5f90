"""What is fuzzed: functions of any bytes at all, which must end well or in the room's own error."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from headwater.wire.apis import APIS
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import iter_headers, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.codec import decode_from, encode_bytes
from headwater.wire.errors import WireError
from headwater.wire.frames import encode_request, open_request
from headwater.wire.keyed_records import decode_key
from headwater.wire.metadata_records import decode_metadata
from headwater.wire.record_types import GROUP_RECORDS, METADATA_RECORDS
from headwater.wire.schema import Message

Target = Callable[[bytes], None]

_KINDS: Final = [kind for api in APIS.values() for kind in (api.request, api.response)]
_DECOMPRESSED_MAX: Final = 1 << 20


def message(data: bytes) -> None:
    """The first two bytes choose a message and its version; the rest is the frame."""
    if len(data) < 2:
        return
    kind, version = _chosen(data)
    with suppress(WireError):
        decode_from(kind, version, data, 2)


def request(data: bytes) -> None:
    with suppress(WireError):
        open_request(data)


def record(data: bytes) -> None:
    with suppress(WireError):
        decode_metadata(data)
    with suppress(WireError):
        decode_key(GROUP_RECORDS, data)


def batch(data: bytes) -> None:
    with suppress(WireError):
        for at, header in iter_headers(data):
            with suppress(WireError):
                verify_crc(data, header, at)
            for _ in iter_records(data[at : at + header.size], header, decompressed_max=_DECOMPRESSED_MAX):
                pass


TARGETS: Final[Mapping[str, Target]] = {"message": message, "request": request, "record": record, "batch": batch}


def seeds(target: Target) -> list[bytes]:
    """Honest inputs to begin from, so that the first mutations already reach the depths."""
    if target is message:
        return [_message_seed(number, kind) for number, kind in enumerate(_KINDS)]
    if target is request:
        kinds = [(api.request, api.versions.last) for api in APIS.values()]
        return [b"".join(encode_request(kind(), last, correlation_id=1, client_id="me"))[4:] for kind, last in kinds]
    if target is record:
        return [bytes((1, number, 0, *bytes(64))) for number in METADATA_RECORDS]
    return [_batch_seed(compression) for compression in Compression]


def _chosen(data: bytes) -> tuple[type[Message], int]:
    kind = _KINDS[data[0] % len(_KINDS)]
    versions = kind.VERSIONS
    return kind, versions.first + data[1] % (versions.last - versions.first + 1)


def _message_seed(number: int, kind: type[Message]) -> bytes:
    return bytes((number, kind.VERSIONS.last - kind.VERSIONS.first)) + encode_bytes(kind(), kind.VERSIONS.last)


def _batch_seed(compression: Compression) -> bytes:
    records = [NewRecord(key=b"key", value=b"value" * 20, headers=(("header", b"value"),)) for _ in range(3)]
    return bytes(build_batch(records, compression=compression))
