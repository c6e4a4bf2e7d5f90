"""Whether a schema may follow the versions of a subject, by the level of compatibility that is configured; and if not, why not."""

from collections.abc import Sequence
from typing import Final

from headwater.registry.contracts import Metadata
from headwater.registry.levels import CompatibilityLevel, CompatibilityPolicy
from headwater.registry.reserved import reserved_differences, reserved_fields
from headwater.registry.store.records import SchemaValue
from headwater.registry.understanding import Canonical, Understanding, type_of
from headwater.registry.views import View

TEXT_MAX: Final = 10 * 1024
"""How much of an old schema is told."""

_OTHER_TYPE: Final = "Incompatible because of different schema type"
_NEW, _OLD = "new", "old"


class Comparing:
    def __init__(self, understanding: Understanding) -> None:
        self._understanding = understanding

    async def differences(self, canonical: Canonical, versions: Sequence[SchemaValue], view: View) -> list[str]:
        """`versions` are in ascending order. Nothing where it may follow."""
        found = await self._with_reserved_fields(canonical, versions, view)
        group = _of_group(canonical, versions, view)
        found += await self._with_versions(canonical, group, view)
        if view.config.compatibility_policy == CompatibilityPolicy.LOGICAL:
            found += await self._in_tables(canonical, group, view)
        if found:
            validates = str(self._understanding.validates_fields(view)).lower()
            found.append(f"{{validateFields: '{validates}', compatibility: '{_level(view)}'}}")
        return found

    async def _with_reserved_fields(
        self, canonical: Canonical, versions: Sequence[SchemaValue], view: View
    ) -> list[str]:
        if not self._understanding.validates_fields(view):
            return []
        metadata = canonical.content.metadata
        used = await self._understanding.fields_among(reserved_fields(metadata), canonical)
        return reserved_differences(used, metadata, versions[-1].metadata if versions else None)

    async def _with_versions(self, canonical: Canonical, versions: Sequence[SchemaValue], view: View) -> list[str]:
        """With the newest, or with one after the other until one does not fit."""
        level = _level(view)
        if level is CompatibilityLevel.NONE:
            return []
        lenient = view.config.compatibility_policy == CompatibilityPolicy.LENIENT
        for each in reversed(versions if level.is_transitive else versions[-1:]):
            found = await self._with_version(canonical, each, level, lenient=lenient)
            if found:
                return found
        return []

    async def _with_version(
        self, canonical: Canonical, version: SchemaValue, level: CompatibilityLevel, *, lenient: bool
    ) -> list[str]:
        kind = canonical.content.type
        if kind != type_of(version):
            return [_OTHER_TYPE]
        new, old = canonical.source, await self._understanding.source(version)
        compare = self._understanding.differences
        forward: list[str] = []
        backward: list[str] = []
        if level.is_forward:
            forward = _named(await compare(kind, old, new, lenient=lenient), _OLD, _NEW)
        if level.is_backward:
            backward = _named(await compare(kind, new, old, lenient=lenient), _NEW, _OLD)
        decisive = backward if level.is_backward else forward
        return [*forward, *backward, *(_old_schema(version) if decisive else ())]

    async def _in_tables(self, canonical: Canonical, versions: Sequence[SchemaValue], view: View) -> list[str]:
        """What LOGICAL asks for beyond all that: of the schema itself, and then of each change."""
        level = _level(view)
        found = [*await self._understanding.unfit_for_tables(canonical)]
        if level is CompatibilityLevel.NONE:
            return found
        for each in versions if level.is_transitive else versions[-1:]:
            found += await self._understanding.unfollowable(
                canonical, each, backward=level.is_backward, forward=level.is_forward
            )
        return found


def _level(view: View) -> CompatibilityLevel:
    return CompatibilityLevel(view.config.compatibility_level or CompatibilityLevel.NONE)


def _of_group(canonical: Canonical, versions: Sequence[SchemaValue], view: View) -> Sequence[SchemaValue]:
    """Those whose metadata has the same value for the property that parts versions into groups, where the config names one."""
    group = view.config.compatibility_group
    if group is None:
        return versions
    wanted = _property(canonical.content.metadata, group)
    return [each for each in versions if _property(each.metadata, group) == wanted]


def _property(metadata: Metadata | None, name: str) -> str | None:
    return ((metadata and metadata.properties) or {}).get(name)


def _named(differences: Sequence[str], reader: str, writer: str) -> list[str]:
    return [each.replace("%s", reader, 1).replace("%s", writer, 1) for each in differences]


def _old_schema(version: SchemaValue) -> tuple[str, str]:
    text = version.schema
    told = f"'{text}'" if len(text) <= TEXT_MAX else f"<truncated> '{text[:TEXT_MAX]}...'"
    return f"{{oldSchemaVersion: {version.version}}}", f"{{oldSchema: {told}}}"
