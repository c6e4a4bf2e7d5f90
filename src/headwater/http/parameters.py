"""Parameters in a path or a query, read as Java reads them: what is not a truth is false, and what is no number is not found."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Path, Query
from msgspec import Struct
from pydantic import BeforeValidator

T = TypeVar("T")

INT_MAX: Final = 2**31 - 1

Flag = Annotated[bool, BeforeValidator(lambda text: str(text).lower() == "true"), Query()]
"""`deleted=TRUE`; anything else than true is false."""

Int = Annotated[int, Query(ge=-INT_MAX - 1, le=INT_MAX)]
PathInt = Annotated[int, Path(ge=-INT_MAX - 1, le=INT_MAX)]
Texts = Annotated[Sequence[str], Query()]
"""A parameter that may be repeated."""


def unescaped(segment: str) -> str:
    """A slash inside of a name comes escaped, or it would part the path; see `paths`."""
    return segment.replace("%2F", "/").replace("%25", "%")


def escaped(name: str) -> str:
    """The other way."""
    return name.replace("%", "%25").replace("/", "%2F")


Name = Annotated[str, BeforeValidator(unescaped), Path()]
"""A part of the path that names something."""


class Page(Struct, frozen=True):
    """Which part of a list is asked for; a limit below one is none."""

    offset: int = 0
    limit: int = -1

    def of(self, items: Iterable[T], *, most: int = INT_MAX) -> list[T]:
        """At most `most`, also where none or more is asked for."""
        limit = self.limit if 0 < self.limit <= most else most
        return list(islice(items, self.offset, self.offset + limit))


def _page(offset: Annotated[int, Query(ge=0, le=INT_MAX)] = 0, limit: Int = -1) -> Page:
    return Page(offset, limit)


Paged = Annotated[Page, Depends(_page)]
