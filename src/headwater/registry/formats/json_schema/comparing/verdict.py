"""Whether differences are ones that a reader can live with."""

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.registry.formats.json_schema.comparing.difference import Difference


@dataclass(frozen=True, slots=True)
class Verdict:
    """`compatible` are the kinds that are."""

    compatible: frozenset[str]

    def is_compatible(self, found: Iterable[Difference]) -> bool:
        return all(each.kind in self.compatible for each in found)
