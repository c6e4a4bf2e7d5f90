"""The lists of all APIs and all record types, as modules that name the messages' modules without importing them."""

from collections.abc import Iterable, Mapping
from typing import Final

from tools.codegen.definitions import MessageDefinition
from tools.codegen.modules import MARK
from tools.codegen.names import snake

RECORD_TABLES: Final = {
    "METADATA_RECORDS": "kafka-metadata",
    "GROUP_RECORDS": "kafka-group-coordinator",
    "TRANSACTION_RECORDS": "kafka-transaction-coordinator",
    "SHARE_RECORDS": "kafka-share-coordinator",
    "REMOTE_STORAGE_RECORDS": "kafka-storage",
}


def apis(messages: Iterable[MessageDefinition]) -> str:
    """`apis.py`: the ApiKey enum and a row for each API."""
    requests = sorted((each for each in messages if each.kind == "request"), key=lambda each: each.api_key or 0)
    names = {each.api_key: each.name.removesuffix("Request") for each in requests}
    keys = "\n".join(f"    {snake(name).upper()} = {key}" for key, name in names.items())
    rows = "\n".join(_api(each) for each in requests)
    return f'''{MARK}"""Every API of Kafka's protocol: its number, its versions, and where its messages are defined."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from headwater.wire.registry import Api
from headwater.wire.schema import Versions


class ApiKey(IntEnum):
{keys}


APIS: Final[Mapping[int, Api]] = {{
{rows}
}}
'''


def _api(request: MessageDefinition) -> str:
    name = request.name.removesuffix("Request")
    first, _, last = request.versions.partition("-")
    stable = int(last or first) - request.latest_unstable
    arguments = [f'name="{name}"', f'module="{snake(name)}"', f"versions=Versions({first}, {stable})"]
    if request.flexible != "none":
        arguments.append(f"flexible_from={request.flexible.removesuffix('+')}")
    arguments.append(f"listeners={request.listeners!r}")
    if request.latest_unstable:
        arguments.append("latest_version_unstable=True")
    return f"    ApiKey.{snake(name).upper()}: Api({', '.join(arguments)}),"


def record_types(by_artifact: Mapping[str, Iterable[MessageDefinition]]) -> str:
    """`record_types.py`: for each family of records, the modules by type number."""
    tables = "\n\n".join(_table(name, by_artifact[artifact]) for name, artifact in RECORD_TABLES.items())
    return f'''{MARK}"""Every record type that Kafka writes to its internal topics, by number, and where it is defined."""

from collections.abc import Mapping
from typing import Final

from headwater.wire.registry import KeyedRecord, PlainRecord

{tables}
'''


def _table(table: str, messages: Iterable[MessageDefinition]) -> str:
    numbered = {each.api_key: each for each in messages if each.api_key is not None and each.kind != "coordinator-key"}
    is_keyed = any(each.kind == "coordinator-value" for each in numbered.values())
    shape, suffix = ("KeyedRecord", "Value") if is_keyed else ("PlainRecord", "")
    names = {key: each.name.removesuffix(suffix) for key, each in sorted(numbered.items())}
    rows = "\n".join(f'    {key}: {shape}(name="{name}", module="{snake(name)}"),' for key, name in names.items())
    return f"{table}: Final[Mapping[int, {shape}]] = {{\n{rows}\n}}"
