"""A file's text as Confluent's registry lays it out: the one that is stored, hashed and compared.

Wire prints differently, and older versions of it did again; Confluent has held on to one layout. In a message it is: reserved, options,
fields, oneofs, groups, extensions, extends, messages, enums. Blank lines stand before each of these sections, and are indented
like all lines of what is nested.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from headwater.registry.formats.protobuf.elements import (
    SCALARS,
    TAG_MAX,
    Constant,
    Enum,
    Extend,
    Extensions,
    Field,
    File,
    Gap,
    Group,
    Kind,
    Label,
    Message,
    OneOf,
    Option,
    Options,
    Primitive,
    Range,
    Reserved,
    Rpc,
    Service,
    Type,
    Value,
    Word,
)

T = TypeVar("T")
_ESCAPED: Final = str.maketrans(
    {
        "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
        "\\": "\\\\", "'": "\\'", '"': '\\"',
    }
)  # fmt: skip


def print_file(file: File) -> str:
    texts = [
        *([f'syntax = "{file.syntax}";\n'] if file.syntax else []),
        *([f'edition = "{file.edition}";\n'] if file.edition else []),
        *([f"package {file.package};\n"] if file.package is not None else []),
        _imports(file),
        _section(file.options, _option_statement),
        _types(file.types),
        _section(file.extends, _extend),
        _section(file.services, _service),
    ]
    return "".join(texts)


def _imports(file: File) -> str:
    lines = [f'import "{each}";\n' for each in file.imports]
    lines += [f'import public "{each}";\n' for each in file.public_imports]
    return "\n" + "".join(lines) if lines else ""


def _section(elements: Sequence[T | Gap], show: Callable[[T], str]) -> str:
    """After a blank line, where there is anything."""
    return "\n" + _shown(elements, show) if elements else ""


def _inner_section(elements: Sequence[T | Gap], show: Callable[[T], str]) -> str:
    return "\n" + _indented(_shown(elements, show)) if elements else ""


def _shown(elements: Iterable[T | Gap], show: Callable[[T], str]) -> str:
    return "".join(show(each) for each in elements if not isinstance(each, Gap))


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.split("\n")[:-1])


def _types(types: Sequence[Type]) -> str:
    """All messages come before all enums; among themselves they stay in order, for clients count them."""
    if not types:
        return ""
    messages = "".join(_message(each) for each in types if isinstance(each, Message))
    return "\n" + messages + "".join(_enum(each) for each in types if isinstance(each, Enum))


def _message(message: Message) -> str:
    body = [
        _inner_section(message.reserved, _reserved),
        _inner_section(message.options, _option_statement),
        _inner_section(message.fields, _field),
        _inner_section(message.oneofs, _oneof),
        _inner_section(message.groups, _group),
        _inner_section(message.extensions, _extensions),
        _inner_section(message.extends, _extend),
        "\n" + _indented(_types(message.types)[1:]) if message.types else "",
    ]
    return f"message {message.name} {{{''.join(body)}}}\n"


def _enum(enum: Enum) -> str:
    """Options and constants are one section, and part of the reserved one where there is one."""
    sections = _shown(enum.reserved, _reserved) + _shown(enum.options, _option_statement)
    body = _indented(sections + _shown(enum.constants, _constant))
    blank = "\n" if enum.reserved or enum.options or enum.constants else ""
    return f"enum {enum.name} {{{blank}{body}}}\n"


def _constant(constant: Constant) -> str:
    return f"{constant.name} = {constant.tag}{_bracketed(constant.options)};\n"


def _oneof(oneof: OneOf) -> str:
    options = _inner_section(oneof.options, _option_statement)
    return f"oneof {oneof.name} {{{options}{_inner_section(oneof.fields, _field)}{_inner_section(oneof.groups, _group)}}}\n"


def _group(group: Group) -> str:
    return f"{_label(group.label)}group {group.name} = {group.tag} {{{_inner_section(group.fields, _field)}}}\n"


def _extend(extend: Extend) -> str:
    return f"extend {extend.name} {{{_inner_section(extend.fields, _field)}}}\n"


def _label(label: Label | None) -> str:
    return f"{label} " if label else ""


def _field(field: Field) -> str:
    options = _bracketed([*field.options, *special_options(field)])
    return f"{_label(field.label)}{field.type} {field.name} = {field.tag}{options};\n"


def special_options(field: Field) -> list[Option]:
    """What stands among options and is none."""
    options = []
    if field.default is not None:
        options.append(Option(name="default", kind=_kind_of_default(field.type), value=field.default))
    if field.json_name is not None:
        options.append(Option(name="json_name", kind=Kind.STRING, value=field.json_name))
    return options


def _kind_of_default(type_name: str) -> Kind:
    """By the last part of the type's name, as Confluent has it: the default of bytes has lost its quotes."""
    match type_name.rpartition(".")[2]:
        case "bool":
            return Kind.BOOLEAN
        case "string":
            return Kind.STRING
        case simple:
            return Kind.NUMBER if simple in SCALARS else Kind.ENUM


def _reserved(reserved: Reserved) -> str:
    return f"reserved {', '.join(_reserved_value(each) for each in reserved.values)};\n"


def _reserved_value(value: str | Word | int | Range) -> str:
    match value:
        case str():
            return f'"{value}"'
        case Word():
            return value.text
        case _:
            return _range(value)


def _range(value: int | Range) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value.first} to {'max' if value.last >= TAG_MAX else value.last}"


def _extensions(extensions: Extensions) -> str:
    return f"extensions {', '.join(_range(each) for each in extensions.values)}{_bracketed(extensions.options)};\n"


def _service(service: Service) -> str:
    return f"service {service.name} {{{_inner_section(service.options, _option_statement)}{_inner_section(service.rpcs, _rpc)}}}\n"


def _rpc(rpc: Rpc) -> str:
    request = f"{'stream ' if rpc.request_streams else ''}{rpc.request}"
    response = f"{'stream ' if rpc.response_streams else ''}{rpc.response}"
    body = f" {{\n{_indented(_shown(rpc.options, _option_statement))}}}" if rpc.options else ""
    return f"rpc {rpc.name} ({request}) returns ({response}){body};\n"


def _option_statement(option: Option) -> str:
    return f"option {_option(option)};\n"


def _bracketed(options: Options) -> str:
    return f" {_list([_option(each) for each in options])}" if options else ""


def _list(values: Sequence[str]) -> str:
    """One alone stays on its line."""
    return f"[{values[0]}]" if len(values) == 1 else f"[\n{_lines(values)}]"


def _lines(values: Sequence[str]) -> str:
    return _indented("".join(f"{each}," + "\n" for each in values[:-1]) + "".join(f"{each}\n" for each in values[-1:]))


def _option(option: Option) -> str:
    name = f"({option.name})" if option.parenthesized else option.name
    match option.kind, option.value:
        case Kind.OPTION, Option() as below:
            return f"{name}.{_option(below)}"
        case Kind.STRING, str(text):
            return f"{name} = {_quoted(text)}"
        case Kind.LIST, list(values):
            return f"{name} = {_list([_value(each) for each in values])}"
        case Kind.MAP, value:
            return f"{name} = {_value(value)}"
        case _, value:
            return f"{name} = {value}"


def _value(value: Value) -> str:
    match value:
        case str():
            return _quoted(value)
        case Primitive():
            return value.text
        case Option():
            return _option(value)
        case Mapping():
            return f"{{\n{_lines([f'{key}: {_value(each)}' for key, each in value.items()])}}}"
        case _:
            return f"[\n{_lines([_value(each) for each in value])}]"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPED)}"'
