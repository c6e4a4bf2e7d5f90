"""Which version of a subject a schema is: the one with its very content, or one that means the same.

A schema may be sent with all that it refers to written out, or without the version that its contract tells.
"""

from msgspec.structs import replace

from headwater.registry.content import digest
from headwater.registry.contracts import Metadata
from headwater.registry.drafts import Draft, contract_of
from headwater.registry.merging import settled, told_version, without_version
from headwater.registry.queries import with_content
from headwater.registry.store.records import SchemaValue
from headwater.registry.understanding import Canonical, Read, Understanding, type_of
from headwater.registry.views import View


class Lookup:
    def __init__(self, read: Read, understanding: Understanding) -> None:
        self._read = read
        self._understanding = understanding

    async def find(self, draft: Draft, view: View, *, normalize: bool, deleted: bool) -> SchemaValue | None:
        """As it is, or as registering would have completed it."""
        found = await self.find_as_it_is(draft, view, normalize=normalize, deleted=deleted)
        if found is not None or view.latest is None:
            return found
        contract = settled(view.config, draft.contract, contract_of(view.latest), version=None)
        if contract == draft.contract:
            return None
        return await self.find_as_it_is(draft.under(contract), view, normalize=normalize, deleted=deleted)

    async def find_as_it_is(
        self, draft: Draft, view: View, *, normalize: bool, deleted: bool, latest_only: bool = False
    ) -> SchemaValue | None:
        """What is found by its very content is told without a time, for Confluent's registry does not look at its record then."""
        canonical = await self._understanding.canonical(draft, view, is_new=False, normalize=normalize)
        if canonical is None:
            return None
        if latest_only:
            return await self.alike(canonical, () if view.latest is None else (view.latest,))
        found = await self.exactly(draft.subject, canonical, deleted=deleted)
        if found is not None:
            return replace(found, timestamp=None)
        return await self.alike(canonical, tuple(reversed(view.versions if deleted else view.living)))

    async def exactly(self, subject: str, canonical: Canonical, *, deleted: bool = False) -> SchemaValue | None:
        content_digest = digest(canonical.content)
        return await self._read(lambda state: with_content(state, subject, content_digest, deleted=deleted))

    async def alike(self, canonical: Canonical, versions: tuple[SchemaValue, ...]) -> SchemaValue | None:
        """The first of them that means the same."""
        for each in versions:
            if _may_be(canonical, each) and canonical.meaning == await self._understanding.meaning(each):
                return each
        return None


def _may_be(canonical: Canonical, version: SchemaValue) -> bool:
    """All that can be said without looking into the texts."""
    content = canonical.content
    references = version.references or ()
    return (
        content.type == type_of(version)
        and content.references in ((), references)
        and content.rule_set == version.rule_set
        and _same_metadata(content.metadata, version)
    )


def _same_metadata(metadata: Metadata | None, version: SchemaValue) -> bool:
    """But for the version that one of them tells, which must be the true one."""
    told, before = told_version(metadata), told_version(version.metadata)
    if told is None and before is not None:
        return (metadata or Metadata()) == without_version(version.metadata)
    if told is not None and before is None:
        return told == str(version.version) and without_version(metadata) == (version.metadata or Metadata())
    return metadata == version.metadata
