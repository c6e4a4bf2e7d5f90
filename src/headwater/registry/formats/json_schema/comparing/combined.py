"""`allOf`, `anyOf`, `oneOf`, lists of types, and assertions of several kinds side by side.

Each branch of the one has to find a branch of the other that it is compatible with, and no two of them the same.
"""

from collections.abc import Mapping, Sequence

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.step import Attempt, Found, Pair, Rule, below
from headwater.registry.formats.json_schema.comparing.verdict import Verdict
from headwater.registry.formats.json_schema.model import Combined, Criterion, Schema
from headwater.registry.formats.json_schema.printing import shown


def combined_differences(original: Combined, update: Combined, verdict: Verdict) -> Rule:
    criterion = _criterion(original, update)
    if criterion == "COMBINED_TYPE_CHANGED":
        return [Difference(criterion, ())]
    before, after = _distinct(original), _distinct(update)
    found = [Difference(kind, ()) for kind in (criterion, _count(original, update, len(after) - len(before))) if kind]
    fitting: list[dict[int, Found]] = []
    for each in before:
        fitting.append({})
        for place, other in enumerate(after):
            inner = yield Pair(each, other)
            if verdict.is_compatible(inner):
                fitting[-1][place] = inner
    matched = _matched(fitting)
    for place, other_place in matched.items():
        found += below((f"{original.criterion}/{place}",), fitting[place][other_place])
    if len(matched) < min(len(before), len(after)):
        found.append(Difference("COMBINED_TYPE_SUBSCHEMAS_CHANGED", ()))
    return found


def into_combined(original: Schema, update: Combined, verdict: Verdict) -> Attempt:
    """What was one schema may be one of several now. None where it is not compatible with any."""
    if len(update.schemas) == 1:
        found = yield Pair(original, update.schemas[0])
        return list(found) if verdict.is_compatible(found) else None
    if update.criterion is not Criterion.ALL:
        for each in update.schemas:
            found = yield Pair(original, each)
            if verdict.is_compatible(found):
                return [*found, Difference("SUM_TYPE_EXTENDED", ())]
    return None


def out_of_combined(original: Combined, update: Schema, verdict: Verdict) -> Attempt:
    """Of what had to fit several schemas one may be left. None where it is none that is compatible."""
    if len(original.schemas) == 1:
        found = yield Pair(original.schemas[0], update)
        return list(found) if verdict.is_compatible(found) else None
    if original.criterion is Criterion.ALL:
        for each in original.schemas:
            found = yield Pair(each, update)
            if verdict.is_compatible(found):
                return [*found, Difference("PRODUCT_TYPE_NARROWED", ())]
    return None


def _criterion(original: Combined, update: Combined) -> str | None:
    if original.criterion is update.criterion:
        return None
    was_one, is_one = len(original.schemas) == 1, len(update.schemas) == 1
    is_wider = (
        update.criterion is Criterion.ANY
        or (was_one and is_one)
        or (was_one and update.criterion is Criterion.ONE)
        or (is_one and original.criterion is Criterion.ALL)
    )
    return "COMBINED_TYPE_EXTENDED" if is_wider else "COMBINED_TYPE_CHANGED"


def _count(original: Combined, update: Combined, more: int) -> str | None:
    if more > 0:
        return "PRODUCT_TYPE_EXTENDED" if update.criterion is Criterion.ALL else "SUM_TYPE_EXTENDED"
    if more < 0:
        return "PRODUCT_TYPE_NARROWED" if original.criterion is Criterion.ALL else "SUM_TYPE_NARROWED"
    return None


def _distinct(combined: Combined) -> list[Schema]:
    return list({shown(each): each for each in reversed(combined.schemas)}.values())[::-1]


def _matched(fitting: Sequence[Mapping[int, Found]]) -> dict[int, int]:
    """As many pairs as there can be, no place twice: every one that finds none free asks those who have one to move."""
    taken: dict[int, int] = {}
    for start in range(len(fitting)):
        came_from: dict[int, int] = {}
        waiting = [start]
        while waiting:
            place = waiting.pop()
            new = [other for other in fitting[place] if other not in came_from]
            came_from.update(dict.fromkeys(new, place))
            free = next((other for other in new if other not in taken), None)
            if free is not None:
                _move(free, start, came_from, taken)
                break
            waiting.extend(taken[other] for other in new)
    return {place: other for other, place in taken.items()}


def _move(free: int, start: int, came_from: Mapping[int, int], taken: dict[int, int]) -> None:
    """Gives `free` to who found it, what that one had to who found that, and so on to the start."""
    had = {place: other for other, place in taken.items()}
    while True:
        place = came_from[free]
        taken[free] = place
        if place == start:
            return
        free = had[place]
