"""What may differ between two schemas, in Confluent's words: the kinds, which of them are compatible, and how each is told."""

from collections.abc import Iterable
from typing import Final, NamedTuple


class Difference(NamedTuple):
    """`kind` is Confluent's name for it; `path` is where it is, from the root."""

    kind: str
    path: tuple[str, ...]

    def below(self, path: tuple[str, ...]) -> "Difference":
        return Difference(self.kind, path + self.path)

    @property
    def pointer(self) -> str:
        return f"#/{'/'.join(self.path)}"

    def __str__(self) -> str:
        """With two places left for which schema is which: the new one or the old one."""
        description = _DESCRIPTIONS.get(self.kind, "").replace("{path}", self.pointer)
        return f'{{errorType:"{self.kind}", description:"{description}\'}}'


def _each(*families: str, change: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{family}_{each}" for family in families for each in change)


_UPPER_LIMITS: Final = (*("MAX_LENGTH", "MAXIMUM", "EXCLUSIVE_MAXIMUM", "MAX_PROPERTIES", "MAX_ITEMS", "MAX_CONTAINS"),)
_LOWER_LIMITS: Final = (*("MIN_LENGTH", "MINIMUM", "EXCLUSIVE_MINIMUM", "MIN_PROPERTIES", "MIN_ITEMS", "MIN_CONTAINS"),)
_MORE: Final = ("ADDITIONAL_PROPERTIES", "UNEVALUATED_PROPERTIES", "ADDITIONAL_ITEMS", "UNEVALUATED_ITEMS")

STRICTLY_COMPATIBLE: Final = (
    frozenset(
        {
            *(
                "ID_CHANGED",
                "DESCRIPTION_CHANGED",
                "TITLE_CHANGED",
                "DEFAULT_CHANGED",
                "SCHEMA_REMOVED",
                "TYPE_EXTENDED",
            ),
            *("PATTERN_REMOVED", "MULTIPLE_OF_REDUCED", "MULTIPLE_OF_REMOVED", "UNIQUE_ITEMS_REMOVED"),
            *("REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED", "REQUIRED_ATTRIBUTE_REMOVED"),
            *("DEPENDENCY_ARRAY_NARROWED", "DEPENDENCY_ARRAY_REMOVED", "DEPENDENCY_SCHEMA_REMOVED"),
            "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
            "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
            "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
            "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL",
            "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL",
            "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
            "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL",
            "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL",
            "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL",
            "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            *("ENUM_ARRAY_EXTENDED", "COMBINED_TYPE_EXTENDED", "PRODUCT_TYPE_NARROWED", "SUM_TYPE_EXTENDED"),
            "NOT_TYPE_NARROWED",
        }
    )
    | _each(*_UPPER_LIMITS, change=("INCREASED", "REMOVED"))
    | _each(*_LOWER_LIMITS, change=("DECREASED", "REMOVED"))
    | _each(*_MORE, change=("ADDED", "EXTENDED"))
)
LENIENTLY_COMPATIBLE: Final = STRICTLY_COMPATIBLE | {
    *("ADDITIONAL_PROPERTIES_NARROWED", "ADDITIONAL_PROPERTIES_REMOVED"),
    *("UNEVALUATED_PROPERTIES_NARROWED", "UNEVALUATED_PROPERTIES_REMOVED"),
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
    "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
}


_NOT_PRESENT: Final = "The keyword at path '{path}' in the %s schema is not present in the %s schema"
_MORE_THAN: Final = "The value at path '{path}' in the %s schema is more than its value in the %s schema"
_LESS_THAN: Final = "The value at path '{path}' in the %s schema is less than its value in the %s schema"
_DIFFERENT: Final = "The value at path '{path}' is different between the %s and %s schema"
_FEWER: Final = "An array or combined type at path '{path}' has fewer elements in the %s schema than the %s schema"
_MORE_ELEMENTS: Final = (
    "An array or combined type at path '{path}' has more elements in the %s schema than the %s schema"
)
_TYPE: Final = "A type at path '{path}' is different between the %s schema and the %s schema"
_OPEN: Final = "The %s schema has an open content model and has a property or item at path '{path}' which is missing in the %s schema"
_UNOPEN: Final = "The %s schema has an unopen content model and has a required property at path '{path}' which is missing in the %s schema"
_CLOSED: Final = (
    "The %s has a closed content model and is missing a property or item present at path '{path}' in the %s schema"
)
_REMOVED_UNCOVERED: Final = (
    "A property or item is missing in the %s schema but present at path '{path}' in the %s schema and is not covered by its "
    "partially open content model"
)
_ADDED_UNCOVERED: Final = (
    "The %s schema has a property or item at path '{path}' which is missing in the %s schema and is not covered by its "
    "partially open content model"
)
_FAMILIES: Final = {
    _NOT_PRESENT: (
        *_each(*_UPPER_LIMITS, *_LOWER_LIMITS, change=("ADDED",)),
        *("MULTIPLE_OF_ADDED", "PATTERN_ADDED", "REQUIRED_ATTRIBUTE_ADDED", "UNIQUE_ITEMS_ADDED"),
        *("DEPENDENCY_ARRAY_ADDED", "DEPENDENCY_SCHEMA_ADDED"),
        *_each(*_MORE, change=("REMOVED",)),
    ),
    _MORE_THAN: (*_each(*_LOWER_LIMITS, change=("INCREASED",)), "MULTIPLE_OF_EXPANDED"),
    _LESS_THAN: _each(*_UPPER_LIMITS, change=("DECREASED",)),
    _DIFFERENT: ("PATTERN_CHANGED", "MULTIPLE_OF_CHANGED", "DEPENDENCY_ARRAY_CHANGED"),
    _FEWER: ("ENUM_ARRAY_NARROWED", "SUM_TYPE_NARROWED", *_each(*_MORE, change=("NARROWED",))),
    _MORE_ELEMENTS: ("DEPENDENCY_ARRAY_EXTENDED", "PRODUCT_TYPE_EXTENDED", "SUM_TYPE_EXTENDED", "NOT_TYPE_EXTENDED"),
    _TYPE: (
        *("TYPE_CHANGED", "TYPE_NARROWED", "COMBINED_TYPE_CHANGED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED"),
        "ENUM_ARRAY_CHANGED",
    ),
    _OPEN: (
        "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
        "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
    ),
    _UNOPEN: ("REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",),
    _CLOSED: ("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL"),
    _REMOVED_UNCOVERED: (
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    ),
    _ADDED_UNCOVERED: (
        "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    ),
}
_DESCRIPTIONS: Final = {kind: sentence for sentence, kinds in _FAMILIES.items() for kind in kinds}
