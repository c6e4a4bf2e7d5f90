"""What LOGICAL asks beyond a format's own compatibility, in Confluent's words: the schema fits tables of Flink and of Iceberg, and so
does the change from what was there."""

from collections.abc import Iterator

from headwater.registry.formats.logical.flink import FlinkComparison
from headwater.registry.formats.logical.iceberg import IcebergComparison
from headwater.registry.formats.logical.types import Logical
from headwater.registry.formats.logical.validity import Validity


def invalid(schema: Logical) -> list[str]:
    """Why a table can't hold it; nothing where it can."""
    found = {"FLINK": Validity(schema, is_iceberg=False).run(), "ICEBERG_V2": Validity(schema, is_iceberg=True).run()}
    return [f"Logical validity ({mode}): {_lines(each)}" for mode, each in found.items() if each]


def incompatible(new: Logical, old: Logical, *, backward: bool, forward: bool) -> list[str]:
    """Why one can't follow the other; nothing where it can."""
    found = list(_incompatible("backward", old, new)) if backward else []
    return [*found, *(_incompatible("forward", new, old) if forward else ())]


def _incompatible(direction: str, original: Logical, update: Logical) -> Iterator[str]:
    comparisons = {"FLINK": FlinkComparison(original, update), "ICEBERG_V2": IcebergComparison(original, update)}
    for mode, comparison in comparisons.items():
        found = comparison.run()
        if found:
            yield f"Logical compatibility ({mode}, {direction}): {_lines(found)}"


def _lines(found: list[str]) -> str:
    return "\n".join(found)
