"""Whether a table can hold a schema at all, whatever was there before."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from headwater.registry.formats.logical.comparison import below, child, finding
from headwater.registry.formats.logical.iceberg import MICROS_PRECISION
from headwater.registry.formats.logical.types import UNSAID, Field, Kind, Logical, Type

_DECIMAL_PRECISION_MAX: Final = 38


class Rule(StrEnum):
    EMPTY_STRUCT = "EMPTY_STRUCT"
    FIELD_NAME_CASE_COLLISION = "FIELD_NAME_CASE_COLLISION"
    CYCLIC_TYPE = "CYCLIC_TYPE"
    UNRESOLVED_TYPE_REF = "UNRESOLVED_TYPE_REF"
    PRECISION_OUT_OF_RANGE = "PRECISION_OUT_OF_RANGE"
    SCALE_OUT_OF_RANGE = "SCALE_OUT_OF_RANGE"
    LENGTH_OUT_OF_RANGE = "LENGTH_OUT_OF_RANGE"
    UNREPRESENTABLE_TYPE = "UNREPRESENTABLE_TYPE"


class Validity:
    """One walk. A named type is looked at once, where it is first met; one that nothing leads to is not."""

    def __init__(self, schema: Logical, *, is_iceberg: bool) -> None:
        self._schema = schema
        self._is_iceberg = is_iceberg
        self._walked: set[str] = set()

    def run(self) -> list[str]:
        return list(self._walk(self._schema.root, ""))

    def _walk(self, schema: Type, path: str) -> Iterator[str]:
        match schema.kind:
            case Kind.STRUCT | Kind.UNION:
                if self._is_iceberg:
                    yield from _names(schema, path)
                for each in schema.fields:
                    yield from self._walk(each.type, below(path, each.name))
            case Kind.ARRAY | Kind.MULTISET:
                yield from self._walk(child(schema.element), f"{path}[]")
            case Kind.MAP:
                yield from self._walk(child(schema.key), f"{path}{{key}}")
                yield from self._walk(child(schema.element), f"{path}{{}}")
            case Kind.REF:
                yield from self._named(schema.name, path)
            case Kind.DECIMAL:
                yield from _decimal(schema, path)
            case Kind.CHAR | Kind.BINARY:
                yield from _length(schema, path, least=1)
            case Kind.VARCHAR | Kind.VARBINARY:
                yield from _length(schema, path, least=0)
            case _ if self._is_iceberg:
                yield from _unrepresentable(schema, path)

    def _named(self, name: str, path: str) -> Iterator[str]:
        body = self._schema.named.get(name)
        if name in self._walked:
            return
        if body is None:
            yield finding(Rule.UNRESOLVED_TYPE_REF, path, f"named type '{name}' is referenced but not defined")
        elif is_cyclic(name, self._schema.named):
            why = f"named type '{name}' refers to itself, and cannot be represented by a non-recursive type system"
            yield finding(Rule.CYCLIC_TYPE, path, why)
        else:
            self._walked.add(name)
            yield from self._walk(body, path)


def is_cyclic(name: str, named: Mapping[str, Type]) -> bool:
    """Whether a type leads back to itself."""
    waiting = list(_names_in(named[name])) if name in named else []
    seen: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each == name:
            return True
        if each not in seen and each in named:
            seen.add(each)
            waiting.extend(_names_in(named[each]))
    return False


def _names_in(schema: Type) -> Iterator[str]:
    if schema.kind is Kind.REF:
        yield schema.name
    for each in (*(field.type for field in schema.fields), schema.key, schema.element):
        if each is not None:
            yield from _names_in(each)


def _names(schema: Type, path: str) -> Iterator[str]:
    """Iceberg wants at least one, and doesn't tell large letters from small ones."""
    if not schema.fields:
        yield finding(Rule.EMPTY_STRUCT, path, f"a {schema.kind.lower()} must have at least one field")
    for first, second in _alike(schema.fields):
        why = (
            f"field names '{first}' and '{second}' differ only in case, which Iceberg's "
            "case-insensitive name index cannot distinguish"
        )
        yield finding(Rule.FIELD_NAME_CASE_COLLISION, path, why)


def _alike(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    told: set[str] = set()
    for each in fields:
        key = each.name.lower()
        if key in first and key not in told:
            told.add(key)
            yield first[key], each.name
        first.setdefault(key, each.name)


def _decimal(schema: Type, path: str) -> Iterator[str]:
    precision, scale = schema.precision, schema.scale
    if not 1 <= precision <= _DECIMAL_PRECISION_MAX:
        why = f"DECIMAL precision {precision} is outside the supported range 1 to {_DECIMAL_PRECISION_MAX}"
        yield finding(Rule.PRECISION_OUT_OF_RANGE, path, why)
    if scale != UNSAID and not 0 <= scale <= precision:
        why = f"DECIMAL scale {scale} is outside the supported range 0 to the precision {precision}"
        yield finding(Rule.SCALE_OUT_OF_RANGE, path, why)


def _length(schema: Type, path: str, *, least: int) -> Iterator[str]:
    if schema.length < least:
        why = f"{schema.kind} length {schema.length} is below the minimum of {least}"
        yield finding(Rule.LENGTH_OUT_OF_RANGE, path, why)


def _unrepresentable(schema: Type, path: str) -> Iterator[str]:
    if schema.kind is Kind.VARIANT:
        why = "VARIANT needs Iceberg's variant type, which arrived in format-version 3"
        yield finding(Rule.UNREPRESENTABLE_TYPE, path, why)
    elif schema.kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_LTZ) and schema.precision > MICROS_PRECISION:
        why = (
            f"{schema.kind}({schema.precision}) needs Iceberg's nanosecond timestamp types, "
            "which arrived in format-version 3"
        )
        yield finding(Rule.UNREPRESENTABLE_TYPE, path, why)
