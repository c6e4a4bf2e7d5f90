"""`/config`: compatibility, checks, aliases and contracts, for a subject, for a context, or for all.

What is changed is called `compatibility`, and what is told `compatibilityLevel`, as Confluent calls it.
"""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Name
from headwater.registry.api.surface import DefaultToGlobal, Resource, endpoints
from headwater.registry.contracts import Metadata, RuleSet
from headwater.registry.errors import InvalidCompatibility, InvalidSubject, NoConfig, SubjectNotFound
from headwater.registry.levels import CompatibilityLevel, CompatibilityPolicy
from headwater.registry.rules import check
from headwater.registry.service import Service
from headwater.registry.store.modes import config_of, own_config
from headwater.registry.store.records import ConfigValue
from headwater.registry.store.requests import ChangeConfig, DeleteConfig
from headwater.registry.subjects import is_subject, scope_of
from headwater.security.access import Operation

READ = needs(Operation.DESCRIBE_CONFIGS, Resource.CONFIG)
WRITE = needs(Operation.ALTER_CONFIGS, Resource.CONFIG)


class ConfigUpdate(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is left out stays as it is; null is said no more."""

    alias: str | UnsetType | None = UNSET
    alias_for_deks: str | UnsetType | None = UNSET
    normalize: bool | UnsetType | None = UNSET
    validate_fields: bool | UnsetType | None = UNSET
    validate_new_schemas: bool | UnsetType | None = UNSET
    validate_rules: bool | UnsetType | None = UNSET
    compatibility: str | UnsetType | None = UNSET
    compatibility_policy: str | UnsetType | None = UNSET
    compatibility_group: str | UnsetType | None = UNSET
    default_metadata: Metadata | UnsetType | None = UNSET
    override_metadata: Metadata | UnsetType | None = UNSET
    default_rule_set: RuleSet | UnsetType | None = UNSET
    override_rule_set: RuleSet | UnsetType | None = UNSET


class Config(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    alias: str | None = None
    alias_for_deks: str | None = None
    normalize: bool | None = None
    validate_fields: bool | None = None
    validate_new_schemas: bool | None = None
    validate_rules: bool | None = None
    compatibility_level: str | None = None
    compatibility_policy: str | None = None
    compatibility_group: str | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None


def configs_api(service: Service, writer: Guard) -> Endpoints:
    api = endpoints("Config (v1)", takes_unknown=True)

    @api.get("/config", needs=READ)
    async def get_global_config(default: DefaultToGlobal = False) -> Config:
        """Get the config of all subjects"""
        return await _read(service, "", inherited=default)

    @api.put("/config", needs=WRITE, guards=[writer])
    async def update_top_level_config(body: ConfigUpdate) -> ConfigUpdate:
        """Change the config of all subjects"""
        return await _change(service, "", body)

    @api.delete("/config", needs=WRITE, guards=[writer])
    async def delete_global_config() -> Config:
        """Go back to the config that the registry began with"""
        return await _delete(service, "")

    @api.get("/config/{subject}", needs=READ)
    async def get_subject_config(subject: Name, default: DefaultToGlobal = False) -> Config:
        """Get the config of a subject or a context"""
        return await _read(service, subject, inherited=default)

    @api.put("/config/{subject}", needs=WRITE, guards=[writer])
    async def update_subject_level_config(subject: Name, body: ConfigUpdate) -> ConfigUpdate:
        """Change the config of a subject or a context"""
        return await _change(service, subject, body)

    @api.delete("/config/{subject}", needs=WRITE, guards=[writer])
    async def delete_subject_config(subject: Name) -> Config:
        """Delete the config of a subject or a context"""
        return await _delete(service, subject)

    return api


async def _read(service: Service, subject: str, *, inherited: bool) -> Config:
    scope, level = scope_of(subject), service.defaults.compatibility_level
    found = await service.read(
        lambda state: config_of(state, scope, level=level) if inherited else own_config(state, scope, level=level)
    )
    if found is None:
        raise NoConfig(scope or "")
    return _told(found)


async def _change(service: Service, subject: str, update: ConfigUpdate) -> ConfigUpdate:
    change = _checked(update, scope_of(subject))
    if not is_subject(subject, as_scope=True):
        raise InvalidSubject(subject)
    changed: ConfigValue = await service.submit(change)
    told = asdict(_told(changed))
    told["compatibility"] = told.pop("compatibility_level")
    return ConfigUpdate(**{name: value for name, value in told.items() if value is not None})


def _checked(update: ConfigUpdate, scope: str | None) -> ChangeConfig:
    said = asdict(update)
    level, policy = said.pop("compatibility"), update.compatibility_policy
    if isinstance(level, str) and (level := level.upper()) not in CompatibilityLevel.__members__:
        raise InvalidCompatibility
    if isinstance(policy, str):
        said["compatibility_policy"] = policy.upper() if policy.upper() in CompatibilityPolicy.__members__ else None
    for rules in (update.default_rule_set, update.override_rule_set):
        check(rules if isinstance(rules, RuleSet) else None)
    return ChangeConfig(scope=scope, compatibility_level=level, **said)


async def _delete(service: Service, subject: str) -> Config:
    scope, level = scope_of(subject), service.defaults.compatibility_level
    found = await service.read(lambda state: own_config(state, scope, level=level))
    if found is None:
        raise SubjectNotFound(subject)
    await service.submit(DeleteConfig(scope=scope))
    return _told(found)


def _told(config: ConfigValue) -> Config:
    return Config(**{name: getattr(config, name) for name in Config.__struct_fields__})
