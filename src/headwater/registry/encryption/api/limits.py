"""How much of a list one answer holds, where the registry's owner has set it."""

from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import Struct

from headwater.http.parameters import INT_MAX, Page

T = TypeVar("T")


class SearchLimit(Struct, frozen=True, kw_only=True):
    """`default` is for callers that name no limit, or one that is none or larger than `most`."""

    default: int = INT_MAX
    most: int = INT_MAX

    def page(self, asked: Page, items: Iterable[T]) -> list[T]:
        limit = asked.limit if 0 < asked.limit <= self.most else self.default
        return Page(asked.offset, limit).of(items)


UNLIMITED: Final = SearchLimit()
