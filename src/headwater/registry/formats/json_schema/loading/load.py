"""From a schema's JSON to its model, by the loader of its draft."""

from collections.abc import Mapping

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats import json_text
from headwater.registry.formats.json_schema.drafts import draft_of
from headwater.registry.formats.json_schema.loading import values
from headwater.registry.formats.json_schema.loading.newer import load_newer
from headwater.registry.formats.json_schema.loading.older import load_older
from headwater.registry.formats.json_schema.model import Anything, Nothing, Schema
from headwater.registry.formats.json_schema.uris import resolve
from headwater.registry.formats.json_text import Json


def load(root: Json, references: Mapping[str, str]) -> Schema:
    """Raises InvalidSchema."""
    match root:
        case True:
            return Anything(is_word=True)
        case False:
            return Nothing()
        case dict():
            pass
        case _:
            raise InvalidSchema("Invalid JSON schema: expected an object or boolean at the root")
    documents = {name: _bridged(json_text.read_exactly(text)) for name, text in references.items()}
    draft = draft_of(root)
    if draft.is_newer:
        return load_newer(_bridged(root), documents)
    values.text(root, "$schema")
    for name, document in documents.items():
        values.mapping({name: document}, name)
    base = values.text(root, draft.id_keyword)
    return load_older(_bridged(root), draft, {resolve(base, name): document for name, document in documents.items()})


def _bridged(document: Json) -> Json:
    """`$defs` may be said where `definitions` are meant: what is in these is also in those."""
    if not isinstance(document, dict):
        return document
    definitions, known = document.get("definitions"), document.get("$defs", {})
    if not isinstance(definitions, dict) or not definitions or not isinstance(known, dict):
        return document
    return {**document, "$defs": {**known, **{key: each for key, each in definitions.items() if key not in known}}}
