"""A schema on its way: what somebody wants to register, look up or compare."""

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.content import Content
from headwater.registry.merging import Contract
from headwater.registry.store.records import ConfigValue, SchemaValue
from headwater.registry.store.requests import ANY_VERSION, NO_ID


class Draft(Struct, frozen=True, kw_only=True):
    """Its text may be empty: then it is the predecessor's that gets another contract."""

    subject: str
    content: Content
    version: int = ANY_VERSION
    id: int = NO_ID
    keeps_tags: bool = False
    """Whether its text gets the tags that its predecessor's has."""

    @property
    def is_empty(self) -> bool:
        return not self.content.text.strip()

    @property
    def contract(self) -> Contract:
        return Contract(metadata=self.content.metadata, rule_set=self.content.rule_set)

    def under(self, contract: Contract) -> "Draft":
        content = replace(self.content, metadata=contract.metadata, rule_set=contract.rule_set)
        return replace(self, content=content)


def contract_of(value: SchemaValue | None) -> Contract | None:
    return None if value is None else Contract(metadata=value.metadata, rule_set=value.rule_set)


def merges(config: ConfigValue) -> bool:
    """Whether a config puts anything into contracts."""
    return any((config.default_metadata, config.override_metadata, config.default_rule_set, config.override_rule_set))
