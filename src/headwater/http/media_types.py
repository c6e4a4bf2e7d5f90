"""Which media type an answer has: the best that the caller accepts, by its preference first and by ours where it has none."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from headwater.http.errors import NotAcceptable, UnsupportedMediaType

_ANY: Final = "*"
_CACHED_MAX: Final = 256


class MediaTypes(Struct, frozen=True, kw_only=True):
    """What a surface speaks. `given` has our favourite first; `taken` is for bodies, where none at all is fine too."""

    given: tuple[str, ...] = ("application/json",)
    taken: tuple[str, ...] = ("application/json",)

    @property
    def default(self) -> str:
        return self.given[0]

    def check_taken(self, content_type: str | None) -> None:
        """Raises UnsupportedMediaType."""
        if content_type and not any(_fits(_bare(content_type), each) for each in self.taken):
            raise UnsupportedMediaType

    def answer_to(self, accept: str | None) -> str:
        """Raises NotAcceptable."""
        return _best(accept, self.given) if accept else self.default


@lru_cache(_CACHED_MAX)
def _best(accept: str, given: tuple[str, ...]) -> str:
    ranges = list(_ranges(accept))
    weighed = [(_weight(each, ranges), -place, each) for place, each in enumerate(given)]
    weight, _, best = max(weighed)
    if weight <= 0:
        raise NotAcceptable
    return best


def _weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """That of the most specific range that it falls in; of none, 0."""
    fitting = [(wanted.count(_ANY), -quality) for wanted, quality in ranges if _fits(media_type, wanted)]
    return -min(fitting)[1] if fitting else 0.0


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for each in accept.split(","):
        parameters = each.split(";")[1:]
        qualities = [text.strip().removeprefix("q=") for text in parameters if text.strip().startswith("q=")]
        yield _bare(each), _number(qualities[0]) if qualities else 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _bare(media_type: str) -> str:
    """Without parameters such as the charset."""
    return media_type.partition(";")[0].strip().lower()


def _fits(media_type: str, wanted: str) -> bool:
    if _ANY not in wanted:
        return media_type == wanted
    return wanted == "*/*" or media_type.partition("/")[0] == wanted.partition("/")[0]
