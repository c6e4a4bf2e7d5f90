"""How a record says which schema it was written with, as Confluent's serializers frame it.

    0, id, data                                        4 bytes of id, before the data
    1, GUID                                            16 bytes, in the header `__key_schema_id` or `__value_schema_id`

Protobuf data has the place of its message in the file before it: a count and the indexes, as zigzag varints; a lone 0 is the first.
"""

from typing import Final
from uuid import UUID

from msgspec import Struct

from headwater.registry.errors import UnframedData
from headwater.wire.batch.schema_ids import GUID, GUID_BYTES, ID, ID_BYTES
from headwater.wire.batch.varint import read_varint, write_varint
from headwater.wire.errors import InvalidRecord

_INDEXES_MAX: Final = 100
FIRST_MESSAGE: Final = (0,)


class Framed(Struct, frozen=True):
    """`schema` is an id, or a GUID as text."""

    schema: int | str
    data: bytes


def framed(schema_id: int, data: bytes) -> bytes:
    return bytes([ID]) + schema_id.to_bytes(4, "big") + data


def unframed(data: bytes, header: bytes | None = None) -> Framed | None:
    """None where nothing says that it was written with a schema. The header counts where there is one."""
    if header is not None and len(header) == GUID_BYTES and header[0] == GUID:
        return Framed(str(UUID(bytes=header[1:])), data)
    if header is not None and len(header) == ID_BYTES and header[0] == ID:
        return Framed(int.from_bytes(header[1:], "big"), data)
    if len(data) >= ID_BYTES and data[0] == ID:
        return Framed(int.from_bytes(data[1:ID_BYTES], "big"), data[ID_BYTES:])
    return None


def with_indexes(indexes: tuple[int, ...], data: bytes) -> bytes:
    framed_data = bytearray()
    for number in (0,) if indexes == FIRST_MESSAGE else (len(indexes), *indexes):
        write_varint(framed_data, number)
    return bytes(framed_data) + data


def split_indexes(data: bytes) -> tuple[tuple[int, ...], bytes]:
    """Raises UnframedData."""
    try:
        count, at = read_varint(data, 0)
        if not 0 <= count <= _INDEXES_MAX:
            raise UnframedData(f"a message can't lie {count} deep")
        indexes = []
        for _ in range(count):
            index, at = read_varint(data, at)
            indexes.append(index)
    except (IndexError, InvalidRecord):
        raise UnframedData("it ends within the place of its message") from None
    return tuple(indexes) or FIRST_MESSAGE, data[at:]
