"""What a `$ref` of the older drafts leads to.

A pointer is looked up once, relative to the `$id` around it, and what it leads to is loaded for it anew. Nothing is ever fetched:
a name that is none of the schema's references is refused.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from headwater.registry.formats.json_schema.drafts import Draft, older_draft_of
from headwater.registry.formats.json_schema.loading.metaschemas import metaschema
from headwater.registry.formats.json_schema.loading.pointers import child_of, not_found
from headwater.registry.formats.json_schema.model import Reference, Schema
from headwater.registry.formats.json_schema.uris import check_uri, divided, resolve
from headwater.registry.formats.json_text import Json


@dataclass(slots=True, eq=False, kw_only=True)
class Document:
    """`by_id` are the objects in it that have an id, by what it literally is."""

    root: Json
    draft: Draft
    base: str | None
    by_id: "dict[str, tuple[Json, Place]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._collect()

    def _collect(self) -> None:
        waiting: deque[tuple[Json, Place]] = deque([(self.root, Place(self, self.base).into(self.root))])
        while waiting:
            node, place = waiting.popleft()
            if isinstance(node, dict) and isinstance(name := node.get(self.draft.id_keyword), str):
                self.by_id[name] = node, place
            children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            waiting.extend((each, place.into(each)) for each in children)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands: in which document, and what its references are relative to."""

    document: Document
    base: str | None

    @property
    def draft(self) -> Draft:
        return self.document.draft

    def into(self, node: Json) -> "Place":
        if isinstance(node, dict) and isinstance(name := node.get(self.draft.id_keyword), str):
            return Place(self.document, resolve(self.base, name))
        return self


@dataclass(slots=True, eq=False, kw_only=True)
class Knot:
    """Something that is referred to: first only found, then loaded."""

    node: Json
    place: Place
    schema: Schema | None = None
    references: list[Reference] = field(default_factory=list)

    def resolve(self, schema: Schema) -> None:
        self.schema = schema
        for each in self.references:
            each.target = schema


class References:
    def __init__(self, root: Json, draft: Draft, documents: Mapping[str, Json]) -> None:
        self._documents = documents
        self._knots: dict[str, Knot] = {}
        self._to_load: deque[Knot] = deque()
        self._opened: dict[str, Document] = {}
        document = Document(root=root, draft=draft, base=None)
        self.root = Place(document, None).into(root)

    def refer(self, text: str, place: Place) -> Reference:
        """Raises InvalidSchema where it leads nowhere."""
        absolute = resolve(place.base, check_uri(text))
        knot = self._knots.get(absolute)
        reference = Reference(text=text if knot is None else absolute)
        if knot is None:
            node, where = self._found(text, absolute, place)
            knot = self._knots[absolute] = Knot(node=node, place=where)
            self._to_load.append(knot)
        reference.target = knot.schema
        knot.references.append(reference)
        return reference

    def next_to_load(self) -> Knot | None:
        return self._to_load.popleft() if self._to_load else None

    def _found(self, text: str, absolute: str, place: Place) -> tuple[Json, Place]:
        if absolute in place.document.by_id:
            return place.document.by_id[absolute]
        if text.startswith("#"):
            return _pointed(place.document, text)
        if absolute in self._documents:
            document, fragment = self._opened_document(absolute, self._documents[absolute]), "#"
        else:
            document, fragment = self._containing(absolute)
        node, _ = _pointed(document, fragment)
        return node, Place(document, divided(absolute)[0]).into(node)

    def _containing(self, absolute: str) -> tuple[Document, str]:
        name, fragment = divided(absolute)
        root = self._documents.get(name, metaschema(name, is_newer_known=False))
        if root is None:
            raise not_found(absolute)
        return self._opened_document(name, root), fragment

    def _opened_document(self, name: str, root: Json) -> Document:
        if name not in self._opened:
            self._opened[name] = Document(root=root, draft=older_draft_of(root, self.root.draft), base=name)
        return self._opened[name]


def _pointed(document: Document, fragment: str) -> tuple[Json, Place]:
    """A fragment that is neither an id nor a pointer is the whole document."""
    if fragment in document.by_id:
        return document.by_id[fragment]
    node = document.root
    place = Place(document, document.base).into(node)
    for token in fragment.rstrip("/").split("/")[1:]:
        node = child_of(node, _unescaped(token), fragment)
        place = place.into(node)
    return node, place


def _unescaped(token: str) -> str:
    return unquote_plus(token).replace("~1", "/").replace("~0", "~").replace('\\"', '"').replace("\\\\", "\\")
