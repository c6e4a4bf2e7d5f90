"""What one exporter does, from where it has got to and for as long as it is wanted.

The topic says what has changed, and in which order; what it has become is looked up in the replayed state, which may be further. So
a record can be seen twice, or none of those between two others because they were compacted away, and the other registry ends up the
same. Whatever a schema refers to is copied before it, for compaction may have put it behind.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec.structs import replace

from headwater.kernel.counters import Counter
from headwater.registry.contracts import Rule, RuleSet
from headwater.registry.linking.feed import Feed
from headwater.registry.linking.naming import Naming
from headwater.registry.linking.records import RunState
from headwater.registry.linking.target import Target
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store
from headwater.registry.store.records import ConfigKey, ConfigValue, DeleteSubjectKey, Key, SchemaKey, SchemaValue
from headwater.registry.store.state import target as referred
from headwater.registry.subjects import DEFAULT_CONTEXT, Subject, subject_of

Report = Callable[[RunState, int], Awaitable[None]]

_KEK_NAME: Final = "encrypt.kek.name"


class Exporting:
    def __init__(
        self, registry: Store[Registry], feed: Feed, target: Target, naming: Naming, *, report: Report, copied: Counter
    ) -> None:
        self._registry = registry
        self._feed = feed
        self._target = target
        self._naming = naming
        self._report = report
        self._copied = copied

    async def run(self, offset: int) -> None:
        """Raises what keeps it from going on."""
        there = await self._feed.end()
        while True:
            read = await self._feed.read(offset)
            for key in dict.fromkeys(each.key for each in read.records):
                await self._apply(key)
            offset = read.next
            await self._report(RunState.RUNNING if offset >= there else RunState.STARTING, offset)

    async def _apply(self, key: Key) -> None:
        match key:
            case SchemaKey():
                await self._apply_version(key.subject, key.version)
            case DeleteSubjectKey(subject=subject):
                for number in await self._numbers(subject):
                    await self._apply_version(subject, number)
            case ConfigKey(subject=scope):
                await self._apply_config(scope)
            case _:
                pass  # modes are the other registry's own, and contexts come with their subjects

    # --- schemas

    async def _apply_version(self, subject: str, version: int) -> None:
        if not self._naming.takes(subject):
            return
        value, there = await self._version(subject, version), self._naming.subject(subject)
        if value is None:
            await self._target.remove(there, version)
        elif value.deleted:
            await self._copy_unless_there(subject, value)
            await self._target.delete(there, version)
        else:
            await self._copy(subject, value)
        self._copied.value += 1

    async def _copy(self, subject: str, value: SchemaValue) -> None:
        there = self._naming.subject(subject)
        await self._target.prepare(there)
        for each in value.references or ():
            await self._copy_referred(*referred(subject, each))
        references = tuple(self._naming.reference(subject, each) for each in value.references or ())
        await self._target.register(there, self._renamed(value), references)

    async def _copy_referred(self, subject: str, version: int) -> None:
        value = await self._version(subject, version)
        if value is not None:
            await self._copy_unless_there(subject, value)

    async def _copy_unless_there(self, subject: str, value: SchemaValue) -> None:
        """What is deleted there must not come back."""
        if await self._target.id_of(self._naming.subject(subject), value.version) != value.id:
            await self._copy(subject, value)

    def _renamed(self, value: SchemaValue) -> SchemaValue:
        """Rules name the key that they encrypt with."""
        rules = value.rule_set
        if rules is None:
            return value
        named = {
            name: None if (of_kind := getattr(rules, name)) is None else tuple(map(self._renamed_rule, of_kind))
            for name in ("migration_rules", "domain_rules", "encoding_rules")
        }
        return replace(value, rule_set=RuleSet(**named, enable_at=rules.enable_at))

    def _renamed_rule(self, rule: Rule) -> Rule:
        params = rule.params or {}
        if _KEK_NAME not in params:
            return rule
        return replace(rule, params={**params, _KEK_NAME: self._naming.kek(params[_KEK_NAME])})

    async def _version(self, subject: str, version: int) -> SchemaValue | None:
        return await self._registry.read(lambda machine: machine.state.version(subject, version, deleted=True))

    async def _numbers(self, subject: str) -> list[int]:
        return await self._registry.read(
            lambda machine: [each.version for each in machine.state.versions(subject, deleted=True)]
        )

    # --- configs

    async def _apply_config(self, scope: str | None) -> None:
        there = self._config_scope(scope)
        if there is None:
            return
        config = await self._registry.read(lambda machine: machine.state.configs.get(scope))
        await self._target.configure(there, None if config is None else self._renamed_config(scope or "", config))
        self._copied.value += 1

    def _config_scope(self, scope: str | None) -> str | None:
        """That of a context goes where all of the context goes, but never to the default one: others' subjects are there too."""
        parsed = subject_of(scope or "")
        if parsed.name:
            return self._naming.subject(str(parsed)) if self._naming.takes(str(parsed)) else None
        there = self._naming.context(parsed.context)
        if there == DEFAULT_CONTEXT or not self._naming.takes_all_of(parsed.context):
            return None
        return Subject(there, "").scope

    def _renamed_config(self, scope: str, config: ConfigValue) -> ConfigValue:
        alias = self._naming.alias(scope, config.alias)
        return replace(config, alias=alias, alias_for_deks=self._naming.alias(scope, config.alias_for_deks))
