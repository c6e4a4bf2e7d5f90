"""`/subjects/{subject}/versions/{version}/tags`: a new version whose text has other tags, or that has another contract."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.registry.api.answers import Schema, SchemaTags, schema_answer, tag_list
from headwater.registry.api.parameters import SubjectName, VersionText, version_number
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.contracts import Metadata, RuleSet
from headwater.registry.drafts import Draft
from headwater.registry.errors import InvalidRuleSet, InvalidSubject
from headwater.registry.merging import merged_rule_sets, with_version, without_rules
from headwater.registry.queries import version_anywhere
from headwater.registry.rules import check
from headwater.registry.service import Service
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import ANY_VERSION
from headwater.registry.store.state import State, content_of
from headwater.registry.subjects import is_subject
from headwater.security.access import Operation

WRITE = needs(Operation.WRITE, Resource.SUBJECT)
_ALL = "*"


class TagRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """`new_version` is the number that the new one is to get. Rules are either told whole, or as a change of those before."""

    new_version: int | None = None
    tags_to_add: tuple[SchemaTags, ...] | None = None
    tags_to_remove: tuple[SchemaTags, ...] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    rules_to_merge: RuleSet | None = None
    rules_to_remove: tuple[str, ...] | None = None

    @property
    def changes_rules(self) -> bool:
        return self.rules_to_merge is not None or self.rules_to_remove is not None


def tags_api(service: Service, writer: Guard) -> Endpoints:
    api = endpoints("Subjects (v1)", takes_unknown=True)

    @api.post("/subjects/{subject}/versions/{version}/tags", needs=WRITE, guards=(writer,))
    async def modify_tags(subject: SubjectName, version: VersionText, body: TagRequest) -> Schema:
        """Change the tags in a version's text, its metadata or its rules: they make a new version"""
        if not is_subject(subject):
            raise InvalidSubject(subject)
        number = version_number(version)
        found = await service.read(lambda state: version_anywhere(state, subject, number, deleted=False))
        _check(body)
        rules = await service.read(lambda state: _rules(state, subject, body))
        draft = await service.understanding.retagged(
            _draft(subject, found, body, rules), add=tag_list(body.tags_to_add), remove=tag_list(body.tags_to_remove)
        )
        return schema_answer(await service.registering.register(draft, normalize=False), subject=None)

    return api


async def found_tags(service: Service, value: SchemaValue, wanted: Sequence[str]) -> tuple[SchemaTags, ...] | None:
    """Of what has one of these tags, all its tags; `*` is any."""
    if not wanted:
        return None
    tags = await service.understanding.tags(value)
    return (
        tuple(
            SchemaTags(schema_entity=entity, tags=each)
            for entity, each in tags
            if _ALL in wanted or any(tag in wanted for tag in each)
        )
        or None
    )


def _check(body: TagRequest) -> None:
    if body.changes_rules and body.rule_set is not None:
        raise InvalidRuleSet("ruleSet should be omitted if specifying rulesToMerge or rulesToRemove")
    check(body.rules_to_merge)
    check(body.rule_set)


def _rules(state: State, subject: str, body: TagRequest) -> RuleSet | None:
    """None leaves those of the version before."""
    if not body.changes_rules:
        return body.rule_set
    before = state.latest(subject) if body.new_version is None else state.version(subject, body.new_version - 1)
    merged = merged_rule_sets(None if before is None else before.rule_set, body.rules_to_merge)
    return without_rules(merged, body.rules_to_remove or ())


def _draft(subject: str, found: SchemaValue, body: TagRequest, rules: RuleSet | None) -> Draft:
    version = ANY_VERSION if body.new_version is None else body.new_version
    metadata = with_version(found.metadata if body.metadata is None else body.metadata, version)
    return Draft(
        subject=subject, version=version, content=replace(content_of(found), metadata=metadata, rule_set=rules)
    )
