"""What would make a schema compatible, and what a schema could do without: for people, in one sentence each."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from headwater.cli.schema_files import AVRO, JSON, laid_out, type_of

_RULE: Final = re.compile(r"errorType:\s*['\"](?P<rule>\w+)['\"]")
_ADVICE: Final[Mapping[str, str]] = {
    "READER_FIELD_MISSING_DEFAULT_VALUE": "give the new field a default",
    "MISSING_ENUM_SYMBOLS": "keep every symbol, or give the enum a default",
    "MISSING_UNION_BRANCH": "keep every branch of the union",
    "TYPE_MISMATCH": "keep the type, or put the new one beside it in a union",
    "NAME_MISMATCH": "keep the name, or give the old one as an alias",
    "FIXED_SIZE_MISMATCH": "keep the size; another size needs another name",
    "REQUIRED_ATTRIBUTE_ADDED": "let the new property be optional, or give it a default",
    "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL": "add properties only where additionalProperties was false",
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL": "keep the property, or let additionalProperties be open first",
    "FIELD_KIND_CHANGED": "keep the kind of the field; a new kind needs a new number",
    "FIELD_SCALAR_KIND_CHANGED": "keep the type of the field; a new type needs a new number",
    "FIELD_NAME_TYPE_CHANGED": "keep the message or enum that the field is of; another needs a new number",
    "FIELD_NUMERIC_LABEL_CHANGED": "keep the field repeated, or not, as it was",
    "MESSAGE_REMOVED": "keep the message",
    "REQUIRED_FIELD_ADDED": "let the new field be optional",
    "REQUIRED_FIELD_REMOVED": "keep the field that was required",
    "ONEOF_FIELD_REMOVED": "keep every field of the oneof",
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF": "move fields into a oneof one version at a time",
}
"""By the rule that a difference breaks, in Confluent's names."""


def advice(messages: list[str]) -> list[str]:
    """What to do about these differences, each said once."""
    rules = (match["rule"] for message in messages for match in _RULE.finditer(message))
    return list(dict.fromkeys(_ADVICE[rule] for rule in rules if rule in _ADVICE))


def remarks(schema: Mapping[str, Any]) -> list[str]:
    """What a careful reader would say of a schema that is valid."""
    match type_of(schema):
        case type_ if type_ == AVRO:
            return list(_of_avro(json.loads(schema["schema"]), ""))
        case type_ if type_ == JSON:
            return list(_of_json(json.loads(schema["schema"]), "$"))
        case _:
            return list(_of_protobuf(laid_out(schema)))


def _of_avro(schema: Any, where: str) -> Iterator[str]:
    match schema:
        case {"type": "record", "name": name, "fields": list(fields)}:
            here = f"{where}{name}"
            if not where and "." not in name and not schema.get("namespace"):
                yield f"{here}: has no namespace, so its name may be another team's too"
            if not schema.get("doc"):
                yield f"{here}: has no doc"
            for field in fields:
                if "default" not in field:
                    yield f"{here}.{field.get('name')}: has no default, so it can't be taken away or have been missing"
                yield from _of_avro(field.get("type"), f"{here}.{field.get('name')}: ")
        case {"type": "enum", "name": name} if "default" not in schema:
            yield f"{where}{name}: an enum without a default can't gain symbols that old readers don't know"
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            yield from _of_avro(inner, where)
        case list(branches):
            for each in branches:
                yield from _of_avro(each, where)


def _of_json(schema: Any, where: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    if where == "$" and "$schema" not in schema:
        yield "$: has no $schema, so its draft is guessed to be 7"
    if where == "$" and "title" not in schema:
        yield "$: has no title, which is the record's name for some subject name strategies"
    properties = schema.get("properties")
    if isinstance(properties, dict):
        if "additionalProperties" not in schema:
            yield f"{where}: additionalProperties is open, so no property can be added compatibly later"
        for name, each in properties.items():
            yield from _of_json(each, f"{where}.{name}")


def _of_protobuf(text: str) -> Iterator[str]:
    if not re.search(r"^package ", text, re.MULTILINE):
        yield "the file has no package, so its names may be another team's too"
    for match in re.finditer(r"^\s*enum (\w+) \{\s*(?:option [^\n]*\n\s*)*(\w+) = 0", text, re.MULTILINE):
        if not match[2].upper().endswith(("UNSPECIFIED", "UNKNOWN")):
            yield f"enum {match[1]}: its first value {match[2]} is what an unset field reads as"
    if re.search(r"^\s*required ", text, re.MULTILINE):
        yield "a required field can never be taken away"
