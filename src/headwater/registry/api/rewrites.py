"""Paths that say the same in another way, brought to one before they are routed.

/contexts/staging/subjects/orders   ->   /subjects/:.staging:orders
/subjects/an-alias                  ->   /subjects/what-it-stands-for
"""

from collections.abc import Iterable
from typing import Final

from headwater.http.errors import ApiError
from headwater.http.parameters import escaped, unescaped
from headwater.http.paths import Rewrite, Target
from headwater.registry.service import Service
from headwater.registry.store.records import ConfigValue
from headwater.registry.subjects import DEFAULT_CONTEXT, EVERY_CONTEXT, Subject, beside

_CONTEXTS: Final = "contexts"
_NAMED: Final = ("subjects", "deks")
"""What a subject follows in a path."""
_SCOPED: Final = ("config", "mode")
"""The same, where they begin one."""
_DEKS: Final = "dek-registry"
_BY_ID: Final = ("schemas", "ids")
_ASSOCIATIONS: Final = "associations"
_CHANGING: Final = ("POST", "PUT", "PATCH")


class InvalidContext(ApiError, code=400):
    def __init__(self, name: str) -> None:
        super().__init__(f"Context name '{name}' cannot contain a colon")


async def of_context(method: str, target: Target) -> Target:
    """Raises InvalidContext."""
    if target.segments[:1] != (_CONTEXTS,) or len(target.segments) < 2:
        return target
    context = _context(unescaped(target.segments[1]))
    scope = "" if context == DEFAULT_CONTEXT else Subject(context, "").scope
    segments = _scoped(target.segments[2:], scope)
    return _scoped_parameters(method, target._replace(segments=segments), scope)


def _context(text: str) -> str:
    bare = text.removeprefix(":").removesuffix(":")
    if ":" in bare:
        raise InvalidContext(bare)
    return bare if bare.startswith(".") else f".{bare}"


def _scoped(segments: tuple[str, ...], scope: str) -> tuple[str, ...]:
    """A context alone is itself, and so is the one whose config or mode is asked for."""
    if not segments:
        return (_CONTEXTS, scope) if scope else ()
    if len(segments) == 1 and segments[0] in _SCOPED:
        return (*segments, scope) if scope else segments
    return tuple(
        escaped(scope) + each if _is_subject(segments, place) and not _has_context(each) else each
        for place, each in enumerate(segments)
    )


def _scoped_parameters(method: str, target: Target, scope: str) -> Target:
    path = target.segments
    if path[:2] == _BY_ID:
        subject = next(iter(target.parameters("subject")), "")
        return target if _has_context(subject) else target.with_parameter("subject", scope + subject)
    if path in (("schemas",), ("subjects",)) or path[:3] == (_DEKS, "v1", "keks"):
        prefixes = target.parameters("subjectPrefix") or [""]
        return target.with_parameter("subjectPrefix", *_all_scoped(prefixes, scope))
    if path[:1] == (_ASSOCIATIONS,) and method in _CHANGING:
        return target.with_parameter("context", scope)
    return target


def _all_scoped(names: Iterable[str], scope: str) -> Iterable[str]:
    return (each if _has_context(each) else scope + each for each in names)


def _has_context(name: str) -> bool:
    return unescaped(name).startswith((":.", EVERY_CONTEXT))


def _is_subject(segments: tuple[str, ...], place: int) -> bool:
    if place == 0:
        return False
    before = segments[place - 1]
    return before in _NAMED or (place == 1 and before in _SCOPED)


def of_alias(service: Service) -> Rewrite:
    """An alias is a config that says what a subject stands for."""

    async def rewrite(method: str, target: Target) -> Target:
        del method
        names = [place for place in range(len(target.segments)) if _is_aliased(target.segments, place)]
        if names:
            aliases = [await meant(unescaped(target.segments[place]), target) for place in names]
            segments = list(target.segments)
            for place, name in zip(names, aliases, strict=True):
                segments[place] = escaped(name)
            return target._replace(segments=tuple(segments))
        if target.segments[:2] == _BY_ID and (subjects := target.parameters("subject")):
            return target.with_parameter("subject", await meant(subjects[0], target))
        return target

    async def meant(name: str, target: Target) -> str:
        config = await service.read(lambda state: state.configs.get(name))
        alias = None if config is None else _alias(config, for_deks=target.segments[:1] == (_DEKS,))
        return str(beside(name, alias)) if alias else name

    return rewrite


def _is_aliased(segments: tuple[str, ...], place: int) -> bool:
    return place > 0 and segments[place - 1] in _NAMED


def _alias(config: ConfigValue, *, for_deks: bool) -> str | None:
    return (config.alias_for_deks if for_deks else None) or config.alias
