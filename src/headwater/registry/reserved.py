"""Fields that a contract reserves (`confluent:reserved`): no version may use them, and none may give them free again.

Told beside the differences of compatibility, where `validateFields` asks for it.
"""

from collections.abc import Sequence
from typing import Final

from headwater.registry.contracts import Metadata

RESERVED: Final = "confluent:reserved"
_REMOVED: Final = (
    "The new schema has reserved field {} removed from its metadata which is present in the old schema's metadata."
)
_USED: Final = "The new schema has field that conflicts with the reserved field {}."


def reserved_fields(metadata: Metadata | None) -> list[str]:
    told = ((metadata and metadata.properties) or {}).get(RESERVED, "")
    return list(dict.fromkeys(each.strip() for each in told.split(",") if each.strip()))


def reserved_differences(used: Sequence[str], metadata: Metadata | None, previous: Metadata | None) -> list[str]:
    """`used` are those of the reserved fields that the schema has all the same; `previous` is of the version before, or None."""
    reserved = reserved_fields(metadata)
    removed = [each for each in reserved_fields(previous) if each not in reserved]
    return [*(_REMOVED.format(each) for each in removed), *(_USED.format(each) for each in used)]
