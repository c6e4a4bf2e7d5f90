"""Options as they are written: `name = value`, where the value may be text format, nested as deep as it likes."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from headwater.registry.formats.protobuf.elements import Kind, Option, Primitive, Value
from headwater.registry.formats.protobuf.scanner import QUOTES, Scanner

DEPTH_MAX: Final = 100
"""Nesting that no option needs; far below what would exhaust the interpreter's stack."""
OPTIONS_MAX: Final = 1_000
"""Of one element; merging them takes the square of their number."""
_UNQUOTED: Final = (Kind.BOOLEAN, Kind.ENUM, Kind.NUMBER)
_Map: TypeAlias = dict[str, Value]


class OptionReader:
    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._depth = 0

    def bracketed(self) -> tuple[Option, ...]:
        """Those in `[...]`, where there are any."""
        if not self._scanner.took("["):
            return ()
        options = []
        while True:
            options.append(self.option("="))
            if self._scanner.took("]"):
                return self.bounded(options)
            if not self._scanner.took(","):
                raise self._scanner.unexpected("Expected ',' or ']")

    def bounded(self, options: Sequence[Option]) -> tuple[Option, ...]:
        if len(options) > OPTIONS_MAX:
            raise self._scanner.unexpected(f"{len(options)} options are too many; {OPTIONS_MAX} are allowed")
        return tuple(options)

    def option(self, separator: str) -> Option:
        """`separator` stands between name and value; in text format a map needs none."""
        opening = self._scanner.peek()
        name = self._scanner.name()
        below, ending = self._names_below()
        if separator == ":" and ending == "{":
            self._scanner.back()
        elif ending != separator:
            raise self._scanner.unexpected(f"expected '{separator}' in option")
        kind, value = self._value()
        for each in reversed(below):
            wrapped = each.startswith("(")
            value = Option(name=each[1:-1] if wrapped else each, kind=kind, value=value, parenthesized=wrapped)
            kind = Kind.OPTION
        return Option(
            name=f"[{name}]" if opening == "[" else name, kind=kind, value=value, parenthesized=opening == "("
        )

    def _names_below(self) -> tuple[list[str], str]:
        """The further parts of a name, and the character that ended it."""
        names: list[str] = []
        while (ending := self._scanner.take()) == ".":
            name = self._scanner.name(wrapped=True)
            names.extend([name] if name.startswith("(") else name.split("."))
        return names, ending

    def _value(self) -> tuple[Kind, Value]:
        peeked = self._scanner.peek()
        if peeked in "{[":
            return self._nested(peeked)
        if peeked in QUOTES:
            return Kind.STRING, self._scanner.string()
        word = self._scanner.word()
        if peeked == "-" or peeked.isdigit():
            return Kind.NUMBER, word
        return Kind.BOOLEAN if word in ("true", "false") else Kind.ENUM, word

    def _nested(self, opening: str) -> tuple[Kind, Value]:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._scanner.unexpected(f"options are nested deeper than {DEPTH_MAX} levels")
        self._scanner.take()
        read = (Kind.MAP, self._map()) if opening == "{" else (Kind.LIST, self._list())
        self._depth -= 1
        return read

    def _map(self) -> _Map:
        values: _Map = {}
        while not self._scanner.took("}"):
            option = self.option(":")
            if isinstance(option.value, Option):
                below = values.get(option.name)
                nested = below if isinstance(below, dict) else {}
                values[option.name] = {**nested, option.value.name: option.value.value}
            else:
                _add(values, option.name, _unquoted(option.kind, option.value))
            _ = self._scanner.took(",") or self._scanner.took(";")
        return values

    def _list(self) -> list[Value]:
        values: list[Value] = []
        while not self._scanner.took("]"):
            values.append(_unquoted(*self._value()))
            if not self._scanner.took(",") and self._scanner.peek() != "]":
                raise self._scanner.unexpected("expected ',' or ']'")
        return values


def _unquoted(kind: Kind, value: Value) -> Value:
    return Primitive(kind, value) if kind in _UNQUOTED and isinstance(value, str) else value


def _add(values: _Map, name: str, value: Value) -> None:
    """A name that comes again makes a list of its values."""
    if name not in values:
        values[name] = value
        return
    before = values[name]
    known = before if isinstance(before, list) else [before]
    known.extend(value if isinstance(value, list) else [value])
    values[name] = known
