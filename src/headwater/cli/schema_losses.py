"""What a verdict does not see: where Confluent calls schemas compatible although some data does not survive it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headwater.cli.schema_files import type_of
from headwater.registry.formats.format import Parsed, Source
from headwater.registry.formats.types import format_of
from headwater.registry.remote import RemoteRegistry


async def losses(
    remote: RemoteRegistry, subject: str, new: Mapping[str, Any], olds: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Of data that may be read, by the subject's level, with another schema than it was written with."""
    config = await remote.get("config", subject, defaultToGlobal=True)
    level = config.get("compatibilityLevel", "")
    now = await _parsed(remote, new)
    found: list[str] = []
    for old in olds:
        if type_of(old) == type_of(new):
            found += _between(level, now, await _parsed(remote, old))
    return list(dict.fromkeys(found))


def _between(level: str, now: Parsed, before: Parsed) -> Iterator[str]:
    if level.startswith(("BACKWARD", "FULL")):
        yield from now.losses_from(before)
    if level.startswith(("FORWARD", "FULL")):
        yield from (f"read with the older one: {each}" for each in before.losses_from(now))


async def _parsed(remote: RemoteRegistry, schema: Mapping[str, Any]) -> Parsed:
    source = Source(text=schema["schema"], references=await remote.texts_of(schema))
    parsed: Parsed = format_of(type_of(schema)).parse(source, strict=False)
    return parsed
