"""Walks through two schemas side by side and gathers all that differs.

A pair that is met again was compared already. One that is met while it is being compared closes a circle: there it counts as
compatible, unless an earlier pass has found that it isn't, and passes are made until no more such pairs turn up.

Rules ask for pairs by yielding them (`step`), so however deep a schema is, the walk is a list of the rules that wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from headwater.registry.formats.json_schema.comparing.arrays import array_differences
from headwater.registry.formats.json_schema.comparing.combined import (
    combined_differences,
    into_combined,
    out_of_combined,
)
from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.enums import const_differences, enum_differences
from headwater.registry.formats.json_schema.comparing.numbers import number_differences
from headwater.registry.formats.json_schema.comparing.objects import object_differences
from headwater.registry.formats.json_schema.comparing.step import Attempt, Found, Pair, Rule
from headwater.registry.formats.json_schema.comparing.strings import string_differences
from headwater.registry.formats.json_schema.comparing.verdict import Verdict
from headwater.registry.formats.json_schema.model import (
    Anything,
    Array,
    Combined,
    Const,
    Enum,
    Not,
    Nothing,
    Numeric,
    Object,
    Reference,
    Schema,
    String,
)

DIFFERENCES_MAX: Final = 1_000
"""Of a pair. What is used many times in what is used many times differs in more places than anyone reads."""

_CONNECT_TYPE: Final = "connect.type"
_Key: TypeAlias = tuple[int, int]


def differences(original: Schema, update: Schema, compatible: frozenset[str]) -> list[Difference]:
    """All of them, those that are compatible too."""
    incompatible: dict[_Key, Found] = {}
    while True:
        walk = _Walk(verdict=Verdict(compatible), known_incompatible=incompatible)
        found = walk.compare(Pair(original, update))
        now = {key: each for key, each in walk.known.items() if not walk.verdict.is_compatible(each)}
        if not walk.has_assumed or now.keys() == incompatible.keys():
            return list(found)
        incompatible = now


@dataclass(slots=True)
class _Waiting:
    rule: Rule
    key: _Key


@dataclass(slots=True, kw_only=True)
class _Walk:
    """`known_incompatible` is from the pass before. Pairs are known by identity, for the same keywords elsewhere may meet others."""

    verdict: Verdict
    known_incompatible: Mapping[_Key, Found]
    known: dict[_Key, Found] = field(default_factory=dict)
    has_assumed: bool = False

    def compare(self, pair: Pair) -> Found:
        begun: dict[_Key, None] = {}
        stack: list[_Waiting] = []
        found = self._begin(pair, begun, stack)
        while stack:
            top = stack[-1]
            try:
                asked = next(top.rule) if found is None else top.rule.send(found)
            except StopIteration as done:
                found = self.known[top.key] = self._bounded(done.value)
                del begun[top.key]
                stack.pop()
            else:
                found = self._begin(asked, begun, stack)
        assert found is not None
        return found

    def _begin(self, pair: Pair, begun: dict[_Key, None], stack: list[_Waiting]) -> Found | None:
        """The differences, where they can be told at once."""
        if pair.original is None or pair.update is None:
            return _of_one(pair)
        original, update = _meant(pair.original), _meant(pair.update)
        key = (id(original), id(update))
        if key in self.known:
            return self.known[key]
        if key in begun:
            self.has_assumed = self.has_assumed or key not in self.known_incompatible
            return self.known_incompatible.get(key, ())
        begun[key] = None
        stack.append(_Waiting(_rule(original, update, self.verdict), key))
        return None

    def _bounded(self, found: list[Difference]) -> Found:
        if len(found) <= DIFFERENCES_MAX:
            return found
        decisive = [each for each in found if each.kind not in self.verdict.compatible]
        return (decisive or found)[:DIFFERENCES_MAX]


def _of_one(pair: Pair) -> Found:
    if pair.original is None and pair.update is None:
        return ()
    return (Difference("SCHEMA_ADDED" if pair.original is None else "SCHEMA_REMOVED", ()),)


def _meant(schema: Schema) -> Schema:
    """A reference is what it leads to, for one step: Confluent takes no second."""
    if isinstance(schema, Reference):
        assert schema.target is not None, "everything is loaded"
        return schema.target
    return schema


def _rule(original: Schema, update: Schema, verdict: Verdict) -> Rule:
    found = yield from _as_branch(original, update, verdict)
    if found is not None:
        return found
    if type(original) is not type(update):
        return _of_kinds(original, update)
    return [*_annotations(original, update), *(yield from _of_one_kind(original, update, verdict))]


def _as_branch(original: Schema, update: Schema, verdict: Verdict) -> Attempt:
    match original, update:
        case Combined(), Combined():
            return None
        case _, Combined():
            return (yield from into_combined(original, update, verdict))
        case Combined(), _:
            return (yield from out_of_combined(original, update, verdict))
        case _:
            return None


def _of_kinds(original: Schema, update: Schema) -> list[Difference]:
    """Confluent's converters write some bytes as one kind now that once were another."""
    are_bytes = all(each.extra.get(_CONNECT_TYPE) == "bytes" for each in (original, update))
    if isinstance(original, Nothing) or isinstance(update, Anything) or are_bytes:
        return []
    return [Difference("TYPE_CHANGED", ())]


def _annotations(original: Schema, update: Schema) -> list[Difference]:
    changed = {
        "ID_CHANGED": original.id != update.id,
        "TITLE_CHANGED": original.title != update.title,
        "DESCRIPTION_CHANGED": original.description != update.description,
        "DEFAULT_CHANGED": original.default != update.default,
    }
    return [Difference(kind, ()) for kind, has_changed in changed.items() if has_changed]


def _of_one_kind(original: Schema, update: Schema, verdict: Verdict) -> Rule:
    match original, update:
        case String(), String():
            return string_differences(original, update)
        case Numeric(), Numeric():
            return number_differences(original, update)
        case Const(), Const():
            return const_differences(original, update)
        case Enum(), Enum():
            return enum_differences(original, update)
        case Combined(), Combined():
            return (yield from combined_differences(original, update, verdict))
        case Not(), Not():
            inner = yield Pair(update.schema, original.schema)
            kind = "NOT_TYPE_NARROWED" if verdict.is_compatible(inner) else "NOT_TYPE_EXTENDED"
            return [Difference(kind, ("not",))]
        case Object(), Object():
            return (yield from object_differences(original, update, verdict))
        case Array(), Array():
            return (yield from array_differences(original, update, verdict))
        case _:
            return []
