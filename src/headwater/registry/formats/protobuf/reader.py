"""From a `.proto` text to its elements, by the rules of Wire, which Confluent's registry reads with, and with its words for errors.

They are laxer than protoc's: an option may be unknown, a number be given twice, an import be missing. Editions, which Wire does
not read yet, are read here in the way of proto3, with reserved names as words.
"""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.elements import (
    TAG_MAX,
    Constant,
    Enum,
    Extend,
    Extensions,
    Field,
    File,
    Group,
    Label,
    Message,
    OneOf,
    Option,
    Range,
    Reserved,
    Rpc,
    Service,
    Word,
)
from headwater.registry.formats.protobuf.option_reader import OptionReader
from headwater.registry.formats.protobuf.paths import plain_path
from headwater.registry.formats.protobuf.scanner import QUOTES, Scanner

DEPTH_MAX: Final = 100
"""Messages in messages; protoc takes 32."""
T = TypeVar("T")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,10}")

FILE, MESSAGE, ENUM, RPC, EXTEND, SERVICE = "file", "message", "enum", "rpc", "extend", "service"
Declared = Message | Enum | Service | Extend | Extensions | Reserved | Option | OneOf | Field | Group | Constant | Rpc


def read_file(text: str) -> File:
    """Raises InvalidSchema."""
    return _Reader(text).file()


class _Reader:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)
        self._options = OptionReader(self._scanner)
        self._declarations = 0
        self._depth = 0
        self._syntax: str | None = None
        self._edition: str | None = None
        self._package: str | None = None
        self._places: dict[tuple[bool, str], int] = {}
        self._imports: list[str] = []
        self._public_imports: list[str] = []

    def file(self) -> File:
        declared: list[Declared] = []
        while not self._scanner.exhausted:
            place = self._scanner.place
            declaration = self._declaration(FILE)
            if declaration is not None:
                self._refuse_twice(declaration, place)
                declared.append(declaration)
        return File(
            syntax=self._syntax,
            edition=self._edition,
            package=self._package,
            imports=tuple(self._imports),
            public_imports=tuple(self._public_imports),
            options=self._options.bounded(_of(declared, Option)),
            types=_of(declared, Message, Enum),
            extends=_of(declared, Extend),
            services=_of(declared, Service),
        )

    def _refuse_twice(self, declaration: Declared, place: int) -> None:
        """Types share their names, and so do services."""
        if isinstance(declaration, Message | Enum | Service):
            key = (isinstance(declaration, Service), declaration.name)
            first = self._places.setdefault(key, place)
            if first != place:
                here, there = self._scanner.shown(place), self._scanner.shown(first)
                raise InvalidSchema(
                    f"Could not parse Protobuf - {declaration.name} ({here}) is already defined at {there}"
                )

    def _block(self, context: str) -> list[Declared]:
        """Whatever is declared up to the closing brace."""
        self._scanner.require("{")
        return self._rest_of_block(context)

    def _rest_of_block(self, context: str) -> list[Declared]:
        declared: list[Declared] = []
        while not self._scanner.took("}"):
            declaration = self._declaration(context)
            if declaration is not None:
                declared.append(declaration)
        return declared

    def _declaration(self, context: str) -> Declared | None:
        self._declarations += 1
        if self._scanner.took(";"):
            return None
        self._scanner.peek()
        place = self._scanner.place
        label = self._scanner.word(leading_digit=context != ENUM)
        match label, context:
            case "package" | "import" | "syntax" | "edition", "file":
                self._file_statement(label, place)
                return None
            case "option", _:
                option = self._options.option("=")
                self._scanner.require(";")
                return option
            case "reserved", _:
                return self._reserved(place)
            case "message" | "enum" | "extend", "file" | "message":
                return self._type(label)
            case "service", "file":
                return self._service()
            case "rpc", "service":
                return self._rpc()
            case "oneof", "message":
                return self._oneof()
            case "extensions", "message":
                return self._extensions(place)
            case _, "message" | "extend":
                return self._field_or_group(place, label)
            case _, "enum":
                return self._constant(label)
        raise self._scanner.unexpected(f"unexpected label: {label}", place)

    def _file_statement(self, label: str, place: int) -> None:
        match label:
            case "package":
                self._package = self._scanner.name()
            case "import":
                self._import(place)
            case _:
                self._language(label, place)
        self._scanner.require(";")

    def _import(self, place: int) -> None:
        """A weak import is read and forgotten, as Confluent prints none."""
        if self._scanner.peek() in QUOTES:
            self._imports.append(plain_path(self._scanner.string()))
            return
        word = self._scanner.word()
        if word not in ("weak", "public"):
            raise self._scanner.unexpected("expected quoted string", place)
        path = plain_path(self._scanner.string())
        if word == "public":
            self._public_imports.append(path)

    def _language(self, label: str, place: int) -> None:
        if self._syntax is not None or self._edition is not None:
            raise self._scanner.unexpected("too many syntax definitions", place)
        self._scanner.require("=")
        if self._declarations > 1:
            raise self._scanner.unexpected(f"'{label}' element must be the first declaration in a file", place)
        value = self._scanner.string()
        if label == "edition":
            self._edition = value
        elif value in ("proto2", "proto3"):
            self._syntax = value
        else:
            raise self._scanner.unexpected(f"unexpected syntax: {value}", place)

    def _type(self, label: str) -> Message | Enum | Extend:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._scanner.unexpected(f"types are nested deeper than {DEPTH_MAX} levels")
        name = self._scanner.name()
        kinds: dict[str, Callable[[str], Message | Enum | Extend]] = {
            "message": self._message,
            "enum": self._enum,
            "extend": self._extend,
        }
        read = kinds[label](name)
        self._depth -= 1
        return read

    def _message(self, name: str) -> Message:
        declared = self._block(MESSAGE)
        return Message(
            name=name,
            reserved=_of(declared, Reserved),
            options=self._options.bounded(_of(declared, Option)),
            fields=_of(declared, Field),
            oneofs=_of(declared, OneOf),
            groups=_of(declared, Group),
            extensions=_of(declared, Extensions),
            extends=_of(declared, Extend),
            types=_of(declared, Message, Enum),
        )

    def _enum(self, name: str) -> Enum:
        declared = self._block(ENUM)
        return Enum(
            name=name,
            reserved=_of(declared, Reserved),
            options=self._options.bounded(_of(declared, Option)),
            constants=_of(declared, Constant),
        )

    def _extend(self, name: str) -> Extend:
        return Extend(name=name, fields=_of(self._block(EXTEND), Field))

    def _service(self) -> Service:
        name = self._scanner.name()
        declared = self._block(SERVICE)
        return Service(name=name, options=self._options.bounded(_of(declared, Option)), rpcs=_of(declared, Rpc))

    def _rpc(self) -> Rpc:
        name = self._scanner.name()
        request_streams, request = self._side_of_rpc()
        if self._scanner.word() != "returns":
            raise self._scanner.unexpected("expected 'returns'")
        response_streams, response = self._side_of_rpc()
        declared: list[Declared] = []
        if self._scanner.took("{"):
            declared = self._rest_of_block(RPC)
        else:
            self._scanner.require(";")
        return Rpc(
            name=name,
            request=request,
            response=response,
            request_streams=request_streams,
            response_streams=response_streams,
            options=self._options.bounded(_of(declared, Option)),
        )

    def _side_of_rpc(self) -> tuple[bool, str]:
        self._scanner.require("(")
        word = self._scanner.word()
        streams = word == "stream"
        name = self._scanner.type_name(None if streams else word)
        self._scanner.require(")")
        return streams, name

    def _field_or_group(self, place: int, word: str) -> Field | Group:
        label, kind = self._label_and_type(place, word)
        return self._group(label) if kind == "group" else self._field(label, kind)

    def _label_and_type(self, place: int, word: str) -> tuple[Label | None, str]:
        label = Label(word) if word in tuple(Label) else None
        if label is Label.REQUIRED and self._syntax == "proto3":
            raise self._scanner.unexpected("'required' label forbidden in proto3 field declarations", place)
        if label is not None:
            kind = self._scanner.type_name()
        elif self._syntax == "proto3" or self._edition or (word == "map" and self._scanner.peek() == "<"):
            kind = self._scanner.type_name(word)
        else:
            raise self._scanner.unexpected(f"unexpected label: {word}", place)
        if kind.startswith("map<") and label is not None:
            raise self._scanner.unexpected("'map' type cannot have label", place)
        return label, kind

    def _field(self, label: Label | None, kind: str) -> Field:
        name = self._scanner.name(leading_digit=False)
        self._scanner.require("=")
        tag = self._scanner.integer()
        options = self._options.bracketed()
        self._scanner.require(";")
        return Field(
            name=name,
            type=kind,
            tag=tag,
            label=label,
            default=self._single("default", options),
            json_name=self._single("json_name", options),
            options=tuple(each for each in options if each.name not in ("default", "json_name")),
        )

    def _single(self, name: str, options: tuple[Option, ...]) -> str | None:
        """The last one counts."""
        values = [each.value for each in options if each.name == name]
        if values and not isinstance(values[-1], str):
            raise self._scanner.unexpected(f"'{name}' must be a single value")
        return str(values[-1]) if values else None

    def _group(self, label: Label | None) -> Group:
        """Wire takes fields only, and no options."""
        name = self._scanner.word()
        self._scanner.require("=")
        tag = self._scanner.integer()
        self._scanner.require("{")
        fields: list[Field] = []
        while not self._scanner.took("}"):
            place = self._scanner.place
            label_of_field, kind = self._label_and_type(place, self._scanner.word())
            if kind == "group":
                raise self._scanner.unexpected("expected field declaration, was a group", place)
            fields.append(self._field(label_of_field, kind))
        return Group(name=name, tag=tag, label=label, fields=tuple(fields))

    def _oneof(self) -> OneOf:
        name = self._scanner.name()
        options, fields, groups = [], [], []
        self._scanner.require("{")
        while not self._scanner.took("}"):
            match self._scanner.type_name():
                case "group":
                    groups.append(self._group(None))
                case "option":
                    options.append(self._options.option("="))
                    self._scanner.require(";")
                case kind:
                    fields.append(self._field(None, kind))
        return OneOf(name=name, options=self._options.bounded(options), fields=tuple(fields), groups=tuple(groups))

    def _constant(self, name: str) -> Constant:
        self._scanner.require("=")
        tag = self._scanner.integer()
        options = self._options.bracketed()
        self._scanner.require(";")
        return Constant(name=name, tag=tag, options=options)

    def _reserved(self, place: int) -> Reserved:
        values: list[str | Word | int | Range] = []
        while True:
            if self._scanner.peek() in QUOTES:
                values.append(self._scanner.string())
            elif self._edition and not (self._scanner.peek().isdigit() or self._scanner.peek() == "-"):
                values.append(Word(self._scanner.word()))
            else:
                values.append(self._range(place, (",", ";")))
            if self._separator() == ";":
                return Reserved(values=tuple(values))

    def _extensions(self, place: int) -> Extensions:
        values: list[int | Range] = []
        while True:
            values.append(self._range(place, (",", ";", "[")))
            if self._scanner.peek() == "[":
                options = self._options.bracketed()
                self._scanner.require(";")
                return Extensions(values=tuple(values), options=options)
            if self._separator() == ";":
                return Extensions(values=tuple(values))

    def _range(self, place: int, endings: tuple[str, ...]) -> int | Range:
        first = self._scanner.integer()
        if self._scanner.peek() in endings:
            return first
        if self._scanner.word() != "to":
            expected = ", ".join(f"'{each}'" for each in endings)
            raise self._scanner.unexpected(f"expected {expected}{',' if len(endings) == 2 else ''} or 'to'", place)
        word = self._scanner.word()
        if word == "max":
            return Range(first, TAG_MAX)
        if not _DECIMAL.fullmatch(word) or not -(1 << 31) <= int(word) < 1 << 31:
            raise self._scanner.unexpected(f'For input string: "{word}"')
        return Range(first, int(word))

    def _separator(self) -> str:
        found = self._scanner.take()
        if found not in (",", ";"):
            raise self._scanner.unexpected("expected ',' or ';'")
        return found


def _of(declared: list[Declared], *kinds: type[T]) -> tuple[T, ...]:
    return tuple(each for each in declared if isinstance(each, kinds))
