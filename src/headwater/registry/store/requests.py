"""What the registry's machine can be asked, and what it answers. What needs parsing or comparing has been parsed and compared."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from headwater.registry.content import Content
from headwater.registry.contracts import Metadata, Reference, RuleSet
from headwater.registry.errors import RegistryError
from headwater.registry.store.associations import Lifecycle
from headwater.registry.store.modes import Mode
from headwater.registry.store.records import AssociationValue

ANY_VERSION = 0
NO_ID = -1
LATEST = -1


class Register(Struct, frozen=True, kw_only=True):
    """Answered by `Registered`, by `Moved`, or by a refusal. A version that its contract tells is the one that it counts on."""

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


class Offered(Struct, frozen=True, kw_only=True):
    """A schema that comes with an association: parsed, and compared with what its subject has."""

    register: Register
    references: tuple[Reference, ...] = ()
    """As they were asked for."""
    is_known: bool = False
    """Whether the subject has it already."""
    refusal: RegistryError | None = None
    """Why it is incompatible."""


class WantedAssociation(Struct, frozen=True, kw_only=True):
    """What is None is as it was. `subject`'s alias has been looked up."""

    type: str
    subject: str | None = None
    lifecycle: Lifecycle | None = None
    frozen: bool | None = None
    schema: Offered | None = None


class Associate(Struct, frozen=True, kw_only=True):
    """All of these or none; a new one only, where `is_create`. Answered by `Associated`, by `Moved`, or by a refusal."""

    resource_name: str
    resource_namespace: str
    resource_id: str | None
    """None only for a dry run, in which nobody knows it yet."""
    resource_type: str
    associations: tuple[WantedAssociation, ...]
    is_create: bool
    is_dry_run: bool = False


class Associated(Struct, frozen=True, kw_only=True):
    """What was written, and the schemas that were registered with it, by the type of their association."""

    written: tuple[AssociationValue, ...] = ()
    registered: Mapping[str, Registered] = {}


class Dissociate(Struct, frozen=True, kw_only=True):
    """`cascade` takes what is frozen too, and with a strong association its subject. Answered by None, or by a refusal."""

    resource_id: str
    resource_type: str
    types: tuple[str, ...] = ()
    cascade: bool = False
    is_dry_run: bool = False
