"""What Iceberg's tables (format version 2) can follow: columns stay, in their order, and widen as its types are promoted.

Stricter than Iceberg itself, as Confluent's is: there a field has an id, and here only its name. What Iceberg doesn't tell apart
is the same here: texts of any length, integers up to 32 bits, times of any precision.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from headwater.registry.formats.logical.comparison import Comparison, Rule, below, change, child, scale_of, shown
from headwater.registry.formats.logical.types import Field, Kind, Type

MICROS_PRECISION: Final = 6
"""What is finer needs types that came with format version 3."""

_COUNT: Final = Type(kind=Kind.INT)
_SHAPES: Final = {Kind.UNION: Kind.STRUCT, Kind.MULTISET: Kind.MAP} | {
    each: each for each in (Kind.STRUCT, Kind.ARRAY, Kind.MAP, Kind.REF)
}


class _Column(StrEnum):
    """Iceberg's primitive types, where several of ours are one of them."""

    INT = "int"
    TIMESTAMP_NANO = "timestamp_ns"
    TIMESTAMPTZ_NANO = "timestamptz_ns"
    STRING = "string"


class IcebergComparison(Comparison):
    _equal_pairs: tuple[tuple[str, str], ...] = ()

    def shape(self, schema: Type) -> Kind | None:
        return _SHAPES.get(schema.kind)

    def structs(self, original: Sequence[Field], update: Sequence[Field], path: str) -> None:
        before = {each.name: (place, each) for place, each in enumerate(original)}
        last = -1
        for each in update:
            here = below(path, each.name)
            place, old = before.get(each.name, (last, None))
            if old is not None:
                self._column(old, each, here, moved=place < last)
            elif not self._is_optional(each, None):
                why = (
                    "added field is neither nullable nor defaulted, so pre-existing rows have no value for it; "
                    "format-version 2 cannot store a column default"
                )
                self.add(Rule.REQUIRED_FIELD_ADDED, here, why)
            last = place
        after = {each.name for each in update}
        for each in original:
            if each.name not in after:
                why = "field present in the original schema is missing from the update"
                self.add(Rule.FIELD_DELETED, below(path, each.name), why)

    def _column(self, original: Field, update: Field, path: str, *, moved: bool) -> None:
        if moved:
            why = "field moved ahead of a field that preceded it in the original schema"
            self.add(Rule.FIELD_REORDERED, path, why)
        if original.nullable and not self._is_optional(update, original):
            why = "field was nullable and is now non-nullable; pre-existing rows may hold nulls"
            self.add(Rule.NULLABLE_TO_NON_NULLABLE, path, why)
        self.compare(original.type, update.type, path)

    def _is_optional(self, field: Field, before: Field | None) -> bool:
        """A list or map with a default is, where it is new or was nullable: one that is absent is as good as empty."""
        if field.nullable:
            return True
        is_container = self.shape(self.update.resolved(field.type)) in (Kind.ARRAY, Kind.MAP)
        return field.has_default and is_container and (before is None or before.nullable)

    def elements(self, original: Type, update: Type, path: str) -> None:
        self.compare(child(original.element), child(update.element), f"{path}[]")

    def maps(self, original: Type, update: Type, path: str) -> None:
        before, after = _key(original), _key(update)
        if not self._is_equal(before, after):
            why = f"map key type changed from {shown(before)} to {shown(after)}"
            self.add(Rule.MAP_KEY_TYPE_MISMATCH, path, why)
        self.compare(_value(original), _value(update), f"{path}{{}}")

    def primitives(self, original: Type, update: Type, path: str) -> None:
        before, after = _column_of(original), _column_of(update)
        changed = change(original, update)
        if before is not after:
            if (before, after) not in ((_Column.INT, Kind.BIGINT), (Kind.FLOAT, Kind.DOUBLE)):
                self.add(Rule.UNSUPPORTED_TYPE_CHANGE, path, changed)
        elif after is Kind.DECIMAL:
            if scale_of(update) != scale_of(original) or update.precision < original.precision:
                why = " (decimal scale must be unchanged and precision may not shrink)"
                self.add(Rule.UNSUPPORTED_TYPE_CHANGE, path, changed + why)
        elif after is Kind.BINARY and update.length != original.length:
            self.add(Rule.UNSUPPORTED_TYPE_CHANGE, path, f"{changed} (fixed-length binary cannot change length)")

    def _is_equal(self, original: Type, update: Type) -> bool:
        """Without any promotion, as keys must be. What comes back to itself is equal to itself."""
        if original.kind is not Kind.REF or update.kind is not Kind.REF:
            return self._is_equal_resolved(original, update)
        pair = (original.name, update.name)
        if pair in self._equal_pairs:
            return True
        outer, self._equal_pairs = self._equal_pairs, (*self._equal_pairs, pair)
        is_equal = self._is_equal_resolved(original, update)
        self._equal_pairs = outer
        return is_equal

    def _is_equal_resolved(self, original: Type, update: Type) -> bool:
        left, right = self.original.resolved(original), self.update.resolved(update)
        shape = self.shape(left)
        if shape is not self.shape(right) or left.name != right.name:
            return False
        match shape:
            case Kind.STRUCT:
                return len(left.fields) == len(right.fields) and all(
                    one.name == other.name and self._is_equal(one.type, other.type)
                    for one, other in zip(left.fields, right.fields, strict=True)
                )
            case Kind.ARRAY:
                return self._is_equal(child(left.element), child(right.element))
            case Kind.MAP:
                return self._is_equal(_key(left), _key(right)) and self._is_equal(_value(left), _value(right))
            case _:
                return _is_equal_column(left, right)


def _is_equal_column(left: Type, right: Type) -> bool:
    column = _column_of(left)
    if column is not _column_of(right):
        return False
    match column:
        case Kind.DECIMAL:
            return left.precision == right.precision and scale_of(left) == scale_of(right)
        case Kind.BINARY:
            return left.length == right.length
        case _:
            return True


def _column_of(schema: Type) -> Kind | _Column:
    match schema.kind:
        case Kind.TINYINT | Kind.SMALLINT | Kind.INT:
            return _Column.INT
        case Kind.CHAR | Kind.VARCHAR | Kind.ENUM:
            return _Column.STRING
        case Kind.TIMESTAMP if schema.precision > MICROS_PRECISION:
            return _Column.TIMESTAMP_NANO
        case Kind.TIMESTAMP_LTZ if schema.precision > MICROS_PRECISION:
            return _Column.TIMESTAMPTZ_NANO
        case kind:
            return kind


def _key(schema: Type) -> Type:
    return child(schema.element if schema.kind is Kind.MULTISET else schema.key)


def _value(schema: Type) -> Type:
    return _COUNT if schema.kind is Kind.MULTISET else child(schema.element)
