"""Options between descriptors and elements: which ones Confluent knows, and in which order it writes them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Descriptor

from headwater.registry.formats.protobuf.elements import Kind, Option, Primitive, Value
from headwater.registry.formats.protobuf.meta_message import META_NAMES, meta_option

_FILE: Final = (
    "java_package", "java_outer_classname", "java_multiple_files", "java_generate_equals_and_hash", "java_string_check_utf8",
    "optimize_for", "go_package", "cc_generic_services", "java_generic_services", "py_generic_services", "deprecated",
    "cc_enable_arenas", "objc_class_prefix", "csharp_namespace", "swift_prefix", "php_class_prefix", "php_namespace",
    "php_metadata_namespace", "ruby_package", "features",
)  # fmt: skip
_FIELD: Final = (
    "ctype", "packed", "jstype", "deprecated", "debug_redact", "retention", "targets", "edition_defaults", "features",
    "feature_support",
)  # fmt: skip
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "FileOptions": _FILE,
    "MessageOptions": ("no_standard_descriptor_accessor", "deprecated", "map_entry", "features"),
    "FieldOptions": _FIELD,
    "OneofOptions": ("features",),
    "EnumOptions": ("allow_alias", "deprecated", "features"),
    "EnumValueOptions": ("deprecated", "debug_redact", "features", "feature_support"),
    "ServiceOptions": ("deprecated", "features"),
    "MethodOptions": ("deprecated", "idempotency_level", "features"),
    "ExtensionRangeOptions": ("declaration", "features", "verification"),
    "FeatureSet": (
        "field_presence", "enum_type", "repeated_field_encoding", "utf8_validation", "message_encoding", "json_format",
    ),
    "FeatureSupport": ("edition_introduced", "edition_deprecated", "deprecation_warning", "edition_removed"),
    "EditionDefault": ("edition", "value"),
    "Declaration": ("number", "full_name", "type", "reserved", "repeated"),
}  # fmt: skip
_KINDS: Final = {
    FieldDescriptor.CPPTYPE_BOOL: Kind.BOOLEAN,
    FieldDescriptor.CPPTYPE_ENUM: Kind.ENUM,
    FieldDescriptor.CPPTYPE_INT32: Kind.NUMBER,
    FieldDescriptor.CPPTYPE_STRING: Kind.STRING,
    FieldDescriptor.CPPTYPE_MESSAGE: Kind.MAP,
}


def options_of(options: Descriptor) -> list[Option]:
    """Those that are set."""
    found = [
        Option(name=field.name, kind=_KINDS[field.cpp_type], value=_value(field, value))
        for field, value in _set(options)
    ]
    meta = META_NAMES.get(options.DESCRIPTOR.name)
    own = meta_option(meta, options) if meta else None
    return [*found, own] if own else found


def _set(message: Descriptor) -> Iterator[tuple[FieldDescriptor, Any]]:
    """A repeated field comes once for each of its values."""
    for name in KNOWN[message.DESCRIPTOR.name]:
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.is_repeated:
            yield from ((field, each) for each in getattr(message, name))
        elif message.HasField(name):
            yield field, getattr(message, name)


def _value(field: FieldDescriptor, value: Any) -> Value:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        return {each.name: _inner(each, inner) for each, inner in _set(value)}
    return _text(field, value)


def _inner(field: FieldDescriptor, value: Any) -> Value:
    kind = _KINDS[field.cpp_type]
    return str(value) if kind is Kind.STRING else Primitive(kind, _text(field, value))


def _text(field: FieldDescriptor, value: Any) -> str:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "true" if value else "false"
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    return str(value)
