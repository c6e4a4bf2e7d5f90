"""The walk through two logical types at once, which Flink's rules and Iceberg's have in common.

The `update` is to read what was written with the `original`. All that stands against it is collected. A pair of named types is looked at
once, where it is first met, and so is a pair of structs: the walk ends, and one problem is told once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum

from headwater.registry.formats.logical.types import UNSAID, Field, Kind, Logical, Type


class Rule(StrEnum):
    REQUIRED_FIELD_ADDED = "REQUIRED_FIELD_ADDED"
    FIELD_DELETED = "FIELD_DELETED"
    FIELD_REORDERED = "FIELD_REORDERED"
    NULLABLE_TO_NON_NULLABLE = "NULLABLE_TO_NON_NULLABLE"
    NON_NULLABLE_DEFAULT_REMOVED = "NON_NULLABLE_DEFAULT_REMOVED"
    MAP_KEY_TYPE_MISMATCH = "MAP_KEY_TYPE_MISMATCH"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    UNSUPPORTED_TYPE_CHANGE = "UNSUPPORTED_TYPE_CHANGE"


class Comparison(ABC):
    def __init__(self, original: Logical, update: Logical) -> None:
        self.original = original
        self.update = update
        self._found: list[str] = []
        self._named_pairs: set[tuple[str, str]] = set()
        self._struct_pairs: set[tuple[int, int]] = set()

    def run(self) -> list[str]:
        self.compare(self.original.root, self.update.root, "")
        return self._found

    def add(self, rule: Rule, path: str, message: str) -> None:
        self._found.append(finding(rule, path, message))

    def compare(self, original: Type, update: Type, path: str) -> None:
        if original.kind is Kind.REF and update.kind is Kind.REF:
            pair = (original.name, update.name)
            if pair in self._named_pairs:
                return
            self._named_pairs.add(pair)
        self._compare_resolved(self.original.resolved(original), self.update.resolved(update), path)

    def _compare_resolved(self, original: Type, update: Type, path: str) -> None:
        shape = self.shape(original)
        if shape is not self.shape(update) or original.name != update.name:
            self.add(Rule.TYPE_MISMATCH, path, change(original, update))
            return
        match shape:
            case Kind.STRUCT:
                if self._claims(original, update):
                    self.structs(original.fields, update.fields, path)
            case Kind.ARRAY | Kind.MULTISET:
                self.elements(original, update, path)
            case Kind.MAP:
                self.maps(original, update, path)
            case Kind.REF:
                pass
            case _:
                self.primitives(original, update, path)

    def _claims(self, original: Type, update: Type) -> bool:
        pair = (id(original), id(update))
        is_new = pair not in self._struct_pairs
        self._struct_pairs.add(pair)
        return is_new

    @abstractmethod
    def shape(self, schema: Type) -> Kind | None:
        """What there is of structure in it; None for what has none."""

    @abstractmethod
    def structs(self, original: Sequence[Field], update: Sequence[Field], path: str) -> None: ...

    @abstractmethod
    def elements(self, original: Type, update: Type, path: str) -> None: ...

    @abstractmethod
    def maps(self, original: Type, update: Type, path: str) -> None: ...

    @abstractmethod
    def primitives(self, original: Type, update: Type, path: str) -> None: ...


def finding(rule: str, path: str, message: str) -> str:
    return f"{rule} at '{path}': {message}" if path else f"{rule}: {message}"


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def scale_of(schema: Type) -> int:
    """Of a decimal; one that was left out is zero."""
    return 0 if schema.scale == UNSAID else schema.scale


def change(original: Type, update: Type) -> str:
    return f"type changed from {shown(original)} to {shown(update)}"


def shown(schema: Type) -> str:
    match schema.kind:
        case Kind.DECIMAL:
            return f"DECIMAL({schema.precision}, {scale_of(schema)})"
        case Kind.CHAR | Kind.VARCHAR | Kind.BINARY | Kind.VARBINARY:
            return f"{schema.kind}({schema.length})"
        case Kind.TIME | Kind.TIMESTAMP | Kind.TIMESTAMP_LTZ:
            return f"{schema.kind}({schema.precision})"
        case Kind.REF:
            return f"ref({schema.name})"
        case _:
            return schema.kind


def child(schema: Type | None) -> Type:
    """Of a type that has one."""
    assert schema is not None
    return schema
