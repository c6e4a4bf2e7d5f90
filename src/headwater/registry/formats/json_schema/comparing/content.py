"""What a schema says of the properties or items that it does not name: its content model.

It is open where anything fits, closed where nothing does, and partially open where they have to fit a schema.
"""

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.step import Pair, Path, Rule, at
from headwater.registry.formats.json_schema.model import Anything, Nothing, Schema


def more_differences(family: str, path: Path, permissions: tuple[bool, bool], schemas: Pair) -> Rule:
    """Of `additionalProperties` and `additionalItems`."""
    before, after = permissions
    if before != after:
        return [Difference(f"{family}_{'ADDED' if after else 'REMOVED'}", path)]
    if schemas.original is None and schemas.update is not None:
        return [Difference(f"{family}_NARROWED", path)]
    if schemas.original is not None and schemas.update is None:
        return [Difference(f"{family}_EXTENDED", path)]
    return (yield from at(path, schemas))


def unevaluated_differences(family: str, path: Path, schemas: Pair) -> Rule:
    """Of `unevaluatedProperties` and `unevaluatedItems`."""
    if schemas == Pair(None, None):
        return []
    change = _change(schemas.original, schemas.update)
    if change is not None:
        return [Difference(f"{family}_{change}", path)]
    return (yield from at(path, schemas))


def _change(original: Schema | None, update: Schema | None) -> str | None:
    if isinstance(original, Nothing) != isinstance(update, Nothing):
        return "ADDED" if isinstance(original, Nothing) else "REMOVED"
    if original is None:
        return "NARROWED"
    if update is None:
        return "EXTENDED"
    if isinstance(original, Anything) != isinstance(update, Anything):
        return "NARROWED" if isinstance(original, Anything) else "EXTENDED"
    return None


def is_anything(unevaluated: Schema | None) -> bool:
    return unevaluated is None or isinstance(unevaluated, Anything)


def cover_of(permits_more: bool, more: Schema | None, unevaluated: Schema | None) -> Schema | None:
    """What those which are not named have to fit, where that is some but not all."""
    if more is not None:
        return more
    if not permits_more or is_anything(unevaluated) or isinstance(unevaluated, Nothing):
        return None
    return unevaluated
