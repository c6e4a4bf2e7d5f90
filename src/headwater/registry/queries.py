"""What the state can be asked: each is a function of it, that looks and parses nothing."""

from collections.abc import Iterable, Iterator
from enum import Enum

from headwater.registry.store.records import SchemaValue
from headwater.registry.store.state import State
from headwater.registry.subjects import EVERY_CONTEXT, subject_of


class Deleted(Enum):
    """Which of the soft-deleted are meant too."""

    LEFT_OUT = "left out"
    TOO = "too"
    ONLY = "only"

    @staticmethod
    def of(*, deleted: bool, only: bool = False) -> "Deleted":
        """As the parameters of the API say it."""
        if only:
            return Deleted.ONLY
        return Deleted.TOO if deleted else Deleted.LEFT_OUT

    def takes(self, *, deleted: bool) -> bool:
        return self is Deleted.TOO or deleted is (self is Deleted.ONLY)


def subjects(state: State, prefix: str, which: Deleted) -> list[str]:
    """A subject counts as deleted where all its versions are."""
    return sorted(
        name
        for name, versions in under(state, prefix)
        if which.takes(deleted=all(each.deleted for each in versions.values()))
    )


def under(state: State, prefix: str) -> Iterator[tuple[str, dict[int, SchemaValue]]]:
    """The subjects whose name begins so, or, after `:*:`, whose name in whatever context does."""
    everywhere = prefix.startswith(EVERY_CONTEXT)
    beginning = prefix.removeprefix(EVERY_CONTEXT)
    for name, versions in state.subjects.items():
        if (subject_of(name).name if everywhere else name).startswith(beginning):
            yield name, versions


def taken(versions: Iterable[SchemaValue], which: Deleted) -> Iterator[SchemaValue]:
    return (each for each in versions if which.takes(deleted=each.deleted))
