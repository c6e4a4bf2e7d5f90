"""What Flink's tables can follow: a column may widen as its implicit casts do, where nothing that is stored changes its meaning.

Narrower than Flink's own table of casts in a few places, as Confluent's is: what would round or overflow is no widening.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from headwater.registry.formats.logical.comparison import Comparison, Rule, below, change, child, scale_of
from headwater.registry.formats.logical.types import LENGTH_MAX, Field, Kind, Type

_SMALL: Final = (Kind.TINYINT, Kind.SMALLINT)
_INTEGERS: Final = (*_SMALL, Kind.INT, Kind.BIGINT)
_WIDENS_FROM: Final[Mapping[Kind, Sequence[Kind]]] = {
    Kind.VARCHAR: (Kind.CHAR,),
    Kind.VARBINARY: (Kind.BINARY,),
    Kind.SMALLINT: (Kind.TINYINT,),
    Kind.INT: _SMALL,
    Kind.BIGINT: (*_SMALL, Kind.INT),
    Kind.DECIMAL: _INTEGERS,
    Kind.FLOAT: _SMALL,
    Kind.DOUBLE: (*_SMALL, Kind.INT, Kind.FLOAT),
}
_DIGITS: Final = {Kind.TINYINT: 3, Kind.SMALLINT: 5, Kind.INT: 10, Kind.BIGINT: 19}
_SHAPES: Final = {Kind.UNION: Kind.STRUCT} | {
    each: each for each in (Kind.STRUCT, Kind.ARRAY, Kind.MULTISET, Kind.MAP, Kind.REF)
}


class FlinkComparison(Comparison):
    def shape(self, schema: Type) -> Kind | None:
        return _SHAPES.get(schema.kind)

    def structs(self, original: Sequence[Field], update: Sequence[Field], path: str) -> None:
        """Columns may go, and come in any order."""
        before = {each.name: each for each in original}
        for each in update:
            here = below(path, each.name)
            old = before.get(each.name)
            if old is not None:
                self._column(old, each, here)
            elif not each.nullable and not each.has_value:
                why = "added column is neither nullable nor defaulted, so rows written before it existed have no value for it"
                self.add(Rule.REQUIRED_FIELD_ADDED, here, why)

    def _column(self, original: Field, update: Field, path: str) -> None:
        if original.nullable and not update.nullable:
            why = "column was nullable and is now NOT NULL; pre-existing rows may hold nulls"
            self.add(Rule.NULLABLE_TO_NON_NULLABLE, path, why)
        if not original.nullable and not update.nullable and original.has_value and not update.has_value:
            why = "NOT NULL column lost its default; rows that omitted the column have no value to read"
            self.add(Rule.NON_NULLABLE_DEFAULT_REMOVED, path, why)
        self.compare(original.type, update.type, path)

    def elements(self, original: Type, update: Type, path: str) -> None:
        self._child(child(original.element), child(update.element), f"{path}[]")

    def maps(self, original: Type, update: Type, path: str) -> None:
        self._child(child(original.key), child(update.key), f"{path}{{key}}")
        self._child(child(original.element), child(update.element), f"{path}{{}}")

    def _child(self, original: Type, update: Type, path: str) -> None:
        if original.nullable and not update.nullable:
            why = "container child was nullable and is now NOT NULL; existing collections may hold nulls"
            self.add(Rule.NULLABLE_TO_NON_NULLABLE, path, why)
        self.compare(original, update, path)

    def primitives(self, original: Type, update: Type, path: str) -> None:
        why = _objection(original, update)
        if why is not None:
            self.add(Rule.UNSUPPORTED_TYPE_CHANGE, path, change(original, update) + why)


def _objection(original: Type, update: Type) -> str | None:
    """In brackets, where it is not that the kinds differ."""
    before, after = _root(original), _root(update)
    if before is not after and before not in _WIDENS_FROM.get(after, ()):
        return ""
    match after:
        case Kind.CHAR | Kind.BINARY if update.length != original.length:
            return " (a fixed-length type cannot change length)"
        case Kind.VARCHAR | Kind.VARBINARY if _length(update) < _length(original):
            return " (length may not shrink)"
        case Kind.TIME | Kind.TIMESTAMP | Kind.TIMESTAMP_LTZ if update.precision != original.precision:
            return " (precision selects the unit of the stored value and cannot change)"
        case Kind.DECIMAL:
            return _decimal_objection(original, update)
        case _:
            return None


def _decimal_objection(original: Type, update: Type) -> str | None:
    if original.kind is not Kind.DECIMAL:
        fits = update.precision - scale_of(update) >= _DIGITS[original.kind]
        return None if fits else " (target cannot represent the full range of the source)"
    if scale_of(update) != scale_of(original) or update.precision < original.precision:
        return " (decimal scale must be unchanged and precision may not shrink)"
    return None


def _root(schema: Type) -> Kind:
    """Flink has no enums: one is a text without a bound."""
    return Kind.VARCHAR if schema.kind is Kind.ENUM else schema.kind


def _length(schema: Type) -> int:
    """A bound of nothing is none, but of what has a fixed length."""
    if schema.kind in (Kind.CHAR, Kind.BINARY) or schema.length > 0:
        return schema.length
    return LENGTH_MAX
