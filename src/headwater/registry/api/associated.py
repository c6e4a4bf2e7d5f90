"""Schemas by what their subjects are associated with, as parameters of a list of them."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query
from msgspec import Struct

from headwater.registry.store.associations import Wanted
from headwater.registry.store.records import AssociationValue, SchemaValue
from headwater.registry.store.state import State


class LifecycleOrNone(StrEnum):
    """NONE is for what is associated with nothing."""

    STRONG = "STRONG"
    WEAK = "WEAK"
    NONE = "NONE"


class Associated(Struct, frozen=True, kw_only=True):
    """What is left out is any; where all is, schemas are told whether they are associated or not, and with what is not told."""

    resource_type: str | None = None
    types: tuple[str, ...] = ()
    lifecycles: tuple[LifecycleOrNone, ...] = ()

    def pick(
        self, state: State, values: Iterable[SchemaValue]
    ) -> Iterator[tuple[SchemaValue, tuple[AssociationValue, ...]]]:
        if not (self.types or self.lifecycles or self.resource_type is not None):
            yield from ((each, ()) for each in values)
            return
        wanted = Wanted(resource_type=self.resource_type, types=self.types)
        for each in values:
            found = tuple(state.associations.of_subject(each.subject, wanted))
            fitting = tuple(one for one in found if not self.lifecycles or one.lifecycle in self.lifecycles)
            if fitting or (not found and LifecycleOrNone.NONE in self.lifecycles):
                yield each, fitting


def _associated(
    resource_type: Annotated[str | None, Query(alias="resourceType")] = None,
    types: Annotated[tuple[str, ...], Query(alias="associationType")] = (),
    lifecycles: Annotated[tuple[LifecycleOrNone, ...], Query(alias="lifecycle")] = (),
) -> Associated:
    return Associated(resource_type=resource_type, types=types, lifecycles=lifecycles)


AssociatedWith = Annotated[Associated, Depends(_associated)]
