"""What the registry's machine can be asked, and what it answers. What needs parsing or comparing has been parsed and compared."""

from msgspec import UNSET, Struct, UnsetType

from headwater.registry.content import Content
from headwater.registry.contracts import Metadata, RuleSet
from headwater.registry.store.modes import Mode

ANY_VERSION = 0
NO_ID = -1
LATEST = -1


class Register(Struct, frozen=True, kw_only=True):
    """Answered by `Registered`, by `Moved`, or by a refusal."""

    subject: str
    content: Content
    version: int = ANY_VERSION
    """One that is given is the next one, or, in IMPORT, any."""
    id: int = NO_ID
    """Given in IMPORT only."""
    compared: tuple[int, ...] = ()
    """The subject's versions that are not deleted, with which it was found to be compatible."""
    force: bool = False
    """It need not have been."""


class Registered(Struct, frozen=True, kw_only=True):
    """`is_new` is false where the subject had this schema already."""

    id: int
    version: int
    is_new: bool


class Moved(Struct, frozen=True, kw_only=True):
    """The subject has other versions by now: to be compared with them, and asked again."""


class DeleteVersion(Struct, frozen=True, kw_only=True):
    """Answered by the version's number, or by a refusal."""

    subject: str
    version: int
    permanent: bool = False


class DeleteSubject(Struct, frozen=True, kw_only=True):
    """Answered by the numbers of the versions that are gone, or by a refusal."""

    subject: str
    permanent: bool = False


class ChangeConfig(Struct, frozen=True, kw_only=True):
    """What is unset stays as it is, and what is None is said no more. `scope` is a subject, a context, or None for all. Answered by
    the new ConfigValue, or by a refusal."""

    scope: str | None = None
    alias: str | UnsetType | None = UNSET
    alias_for_deks: str | UnsetType | None = UNSET
    normalize: bool | UnsetType | None = UNSET
    validate_fields: bool | UnsetType | None = UNSET
    validate_new_schemas: bool | UnsetType | None = UNSET
    validate_rules: bool | UnsetType | None = UNSET
    compatibility_level: str | UnsetType | None = UNSET
    compatibility_policy: str | UnsetType | None = UNSET
    compatibility_group: str | UnsetType | None = UNSET
    default_metadata: Metadata | UnsetType | None = UNSET
    override_metadata: Metadata | UnsetType | None = UNSET
    default_rule_set: RuleSet | UnsetType | None = UNSET
    override_rule_set: RuleSet | UnsetType | None = UNSET


class DeleteConfig(Struct, frozen=True, kw_only=True):
    """Answered by None, or by a refusal."""

    scope: str | None = None


class SetMode(Struct, frozen=True, kw_only=True):
    """Into IMPORT only what is empty can go, unless it is forced. Answered by None, or by a refusal."""

    scope: str | None = None
    mode: Mode | None
    force: bool = False


class DeleteMode(Struct, frozen=True, kw_only=True):
    """`recursive` takes away the modes of a context's subjects too. Answered by None."""

    scope: str | None = None
    recursive: bool = False


class DeleteContext(Struct, frozen=True, kw_only=True):
    """Answered by None, or by a refusal where anything is left in it."""

    context: str
