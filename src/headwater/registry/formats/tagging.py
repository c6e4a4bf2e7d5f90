"""Tags in a schema's own text, under `confluent:tags`: what JSON's way of writing them has in common."""

from collections.abc import Iterator
from typing import Final

from headwater.registry.formats.format import Entity, Tags
from headwater.registry.formats.json_text import Json

TAGS: Final = "confluent:tags"


def tags_in(node: Json) -> tuple[str, ...]:
    """Each once. What is no list of tags is none."""
    told = node.get(TAGS)
    return tuple(dict.fromkeys(str(each) for each in told)) if isinstance(told, list) else ()


def changes(add: Tags, remove: Tags) -> Iterator[tuple[Entity, tuple[str, ...], tuple[str, ...]]]:
    """What is added to each entity, and then removed from it."""
    added, removed = _merged(add), _merged(remove)
    for entity in {**added, **removed}:
        yield entity, added.get(entity, ()), removed.get(entity, ())


def retag(node: dict[str, Json], *, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """They stand where they stood, or last."""
    tags = [each for each in dict.fromkeys((*tags_in(node), *add)) if each not in remove]
    if tags:
        node[TAGS] = tags
    else:
        node.pop(TAGS, None)


def _merged(tags: Tags) -> dict[Entity, tuple[str, ...]]:
    """Paths that mean the same are one."""
    merged: dict[Entity, tuple[str, ...]] = {}
    for entity, each in tags.items():
        merged[entity.plain] = (*merged.get(entity.plain, ()), *each)
    return merged
