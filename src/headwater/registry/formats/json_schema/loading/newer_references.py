"""What a `$ref` of the newer drafts leads to: by an id, by an anchor, or by a JSON pointer into what an id names.

As with the older drafts nothing is ever fetched. What is referred to is loaded once, whoever refers to it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.json_schema.loading.metaschemas import metaschema
from headwater.registry.formats.json_schema.loading.pointers import child_of, not_found
from headwater.registry.formats.json_schema.model import MISSING, Missing, Reference, Schema
from headwater.registry.formats.json_schema.uris import check_uri, divided, is_absolute, resolve, scheme_of
from headwater.registry.formats.json_text import Json

_ROOT: Final = "UNKNOWN"
"""What the root is called where it has no id."""
_INPUT: Final = "mem://input"
_ID: Final = "$id"
_ANCHORS: Final = ("$anchor", "$dynamicAnchor")
_DATA: Final = ("enum", "const")


@dataclass(frozen=True, slots=True)
class Place:
    """`base` is what references are relative to."""

    base: str
    is_in_root: bool

    def into(self, node: Json) -> "Place":
        name = node.get(_ID) if isinstance(node, dict) else None
        if not isinstance(name, str) or self.base.endswith(name):
            return self
        return Place(_resolved(self.base, name), self.is_in_root)


@dataclass(slots=True, eq=False, kw_only=True)
class Knot:
    """A name, what it names once that is known, and who refers to it.

    The first who does gets a copy: so differences in what refers to itself are told as often as Confluent tells them.
    """

    place: Place
    node: Json | Missing = MISSING
    schema: Schema | None = None
    references: list[Reference] = field(default_factory=list)

    def resolve(self, schema: Schema) -> None:
        self.schema = schema
        first, *others = self.references
        first.target = schema if isinstance(schema, Reference) else copy(schema)
        for each in others:
            each.target = schema


class References:
    def __init__(self, root: Json, documents: Mapping[str, Json]) -> None:
        self._documents = {name: text for key, text in documents.items() for name in _names(key)}
        self._knots: dict[str, Knot] = {}
        self._to_load: deque[str] = deque()
        self.root = Place(_ROOT, is_in_root=True).into(root)
        self._register_names(root, Place(_ROOT, is_in_root=True))
        self._register(self.root.base, root, self.root)

    def refer(self, text: str, place: Place) -> Reference:
        uri = self._absolute(text, place)
        name = uri.removesuffix("#")
        knot = self._knots.setdefault(name, Knot(place=Place(uri, is_in_root=False)))
        if not knot.references and knot.schema is None:
            self._to_load.append(uri)
        reference = Reference(text=uri, target=knot.schema)
        knot.references.append(reference)
        return reference

    def next_to_load(self) -> Knot | None:
        """Raises InvalidSchema where a name means nothing."""
        if not self._to_load:
            return None
        uri = self._to_load.popleft()
        knot = self._knots[uri.removesuffix("#")]
        if isinstance(knot.node, Missing):
            knot.node, knot.place = self._found(uri)
        return knot

    def _absolute(self, text: str, place: Place) -> str:
        check_uri(text)
        if is_absolute(text) or divided(text)[0] in self._documents:
            return text
        return _resolved(place.base, text)

    def _found(self, uri: str) -> tuple[Json, Place]:
        name, fragment = divided(uri)
        containing = self._containing(name, uri)
        if fragment in ("", "#"):
            return containing.node, Place(name, containing.place.is_in_root)
        anchored = self._knots.get(uri)
        if anchored is not None and not isinstance(anchored.node, Missing):
            return anchored.node, anchored.place
        return self._pointed(containing, name, fragment)

    def _containing(self, name: str, uri: str) -> Knot:
        known = self._knots.get(name)
        if known is not None and not isinstance(known.node, Missing):
            return known
        root = self._documents.get(name, metaschema(name, is_newer_known=True))
        if root is None:
            raise not_found(name)
        place = Place(name, is_in_root=False)
        self._register(name, root, place)
        self._register_names(root, Place(uri, is_in_root=False))
        return self._knots[name]

    def _pointed(self, containing: Knot, name: str, fragment: str) -> tuple[Json, Place]:
        start, *tokens = fragment.split("/")
        if start != "#":
            raise InvalidSchema(f"Invalid JSON: {name}{fragment} leads nowhere")
        node = containing.node
        place = Place(name, containing.place.is_in_root).into(node)
        for token in tokens:
            node = child_of(node, unquote_plus(token).replace("~1", "/").replace("~0", "~"), fragment)
            place = place.into(node)
        return node, place

    def _register_names(self, root: Json, place: Place) -> None:
        """All ids and anchors in it, wherever a schema could be."""
        waiting = deque([(root, place)])
        while waiting:
            node, around = waiting.popleft()
            within = around.into(node)
            if isinstance(node, dict):
                if isinstance(node.get(_ID), str):
                    self._register(within.base, node, within)
                for keyword in _ANCHORS:
                    if isinstance(name := node.get(keyword), str):
                        self._register(
                            _resolved(within.base, f"#{name}"), node, within, is_moving=keyword != _ANCHORS[0]
                        )
            waiting.extend((each, within) for each in _children(node))

    def _register(self, uri: str, node: Json, place: Place, *, is_moving: bool = False) -> None:
        knot = self._knots.setdefault(uri.removesuffix("#"), Knot(place=place))
        if not isinstance(knot.node, Missing) and knot.node is not node and not is_moving:
            raise InvalidSchema(f"Invalid JSON: {uri} names two schemas")
        knot.node, knot.place = node, place


def _children(node: Json) -> Iterator[Json]:
    if isinstance(node, dict):
        yield from (each for key, each in node.items() if key not in _DATA)
    elif isinstance(node, list):
        yield from node


def _names(key: str) -> Iterator[str]:
    """By which a document is found that is known as `key`."""
    yield key
    yield resolve(_INPUT, key)
    if not is_absolute(key) and not key.startswith("."):
        yield f"./{key}"


def _resolved(base: str, reference: str) -> str:
    return base + reference if scheme_of(base) in ("urn", "tag") else resolve(base, reference)
