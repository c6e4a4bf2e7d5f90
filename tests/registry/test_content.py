"""The GUIDs of schemas, as Confluent's registry computed them."""

from dataclasses import dataclass

import pytest

from headwater.registry.content import Content, digest, guid
from headwater.registry.contracts import Metadata, Reference, Rule, RuleMode, RuleSet

REFERENCES = (Reference(name="n", subject="sub", version=1),)
METADATA = Metadata(
    tags={"b": frozenset({"PII", "A"}), "a": frozenset({"x"})},
    properties={"owner": "me", "a": "b"},
    sensitive=frozenset({"owner"}),
)
RULES = RuleSet(
    migration_rules=(Rule(name="r2", type="CEL", disabled=True),),
    domain_rules=(
        Rule(
            name="r1",
            doc="d",
            mode=RuleMode.WRITEREAD,
            type="ENCRYPT",
            tags=frozenset({"PII"}),
            params={"k": "v"},
            expr="e",
            on_success="ERROR,NONE",
            on_failure="NONE",
        ),
    ),
    encoding_rules=(),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    content: Content
    guid: str


@pytest.mark.parametrize(
    "case",
    [
        Case(content=Content(type="AVRO", text='"string"'), guid="095d71cf-1255-6b9d-5e33-0ad575b3df5d"),
        Case(
            content=Content(type="AVRO", text='"string"', references=REFERENCES),
            guid="7b4f1cce-4916-c86c-bf5e-ee42fdbe4e8c",
        ),
        Case(
            content=Content(type="PROTOBUF", text="x", metadata=METADATA), guid="d1fef60f-4846-1692-579e-4bda7d3253fa"
        ),
        Case(content=Content(type="JSON", text="{}", rule_set=RULES), guid="1e47965c-bb61-9002-65e3-816dd5a4e8cf"),
        Case(
            content=Content(type="JSON", text="{}", metadata=METADATA, rule_set=RULES),
            guid="d08a6ab1-a353-3f07-6d2e-28c2964d06ef",
        ),
        Case(
            content=Content(type="AVRO", text='"string"', references=REFERENCES, metadata=METADATA, rule_set=RULES),
            guid="8f8b7c28-90b0-caf2-a8cd-34d5309ba3e9",
        ),
    ],
)
def test_the_guid_is_confluents(case: Case) -> None:
    assert guid(digest(case.content)) == case.guid


def test_empty_metadata_is_not_none() -> None:
    bare = Content(type="AVRO", text='"int"')
    assert digest(bare) != digest(Content(type="AVRO", text='"int"', metadata=Metadata()))
