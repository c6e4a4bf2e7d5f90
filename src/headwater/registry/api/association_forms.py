"""What is asked and told about associations, field by field as Confluent names them, and what makes no sense in it by itself.

A new association is strong where it brings its schema, and weak otherwise; what is strong is frozen.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.api.answers import RegisterRequest, Schema, told_frozen
from headwater.registry.associating import Asked, AskedFor
from headwater.registry.errors import InvalidAssociation
from headwater.registry.store.associating import not_frozen, twice
from headwater.registry.store.associations import Lifecycle
from headwater.registry.store.records import AssociationValue

TOPIC: Final = "topic"
NAME_MAX: Final = 256
_TYPES: Final = ("key", "value")
_VALUE: Final = "value"
_CONTROLS: Final = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))


class AssociationUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    subject: str | None = None
    association_type: str | None = None
    lifecycle: Lifecycle | None = None
    frozen: bool | None = None
    schema: RegisterRequest | None = None
    normalize: bool | None = None


U = TypeVar("U", bound=AssociationUpdate)


class Resource(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose associations they are."""

    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None


class AssociationsUpdate(Resource, frozen=True, kw_only=True):
    associations: tuple[AssociationUpdate, ...] | None = None


class Does(StrEnum):
    CREATE = "CREATE"
    UPSERT = "UPSERT"
    DELETE = "DELETE"


class AssociationOperation(AssociationUpdate, frozen=True, kw_only=True, rename="camel"):
    """`cascade_lifecycle` is for those that delete."""

    op_type: Does
    cascade_lifecycle: bool | None = None


class OperationsOf(Resource, frozen=True, kw_only=True):
    associations: tuple[AssociationOperation, ...] | None = None


class BatchMutation(Struct, frozen=True, kw_only=True):
    requests: tuple[OperationsOf, ...] | None = None


class Wish(Resource, frozen=True, kw_only=True):
    association_types: tuple[str, ...] | None = None
    lifecycle: Lifecycle | None = None


class BatchGet(Struct, frozen=True, kw_only=True):
    requests: tuple[Wish, ...] | None = None


class AssociationInfo(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    subject: str | None = None
    association_type: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: Schema | None = None


class AssociationsOf(Resource, frozen=True, kw_only=True, omit_defaults=True):
    associations: tuple[AssociationInfo, ...] | None = None


class Failure(Struct, frozen=True, kw_only=True):
    error_code: int
    message: str


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    error: Failure | None = None
    result: AssociationsOf | None = None


class Results(Struct, frozen=True, kw_only=True):
    results: tuple[Result, ...]


def infos(of: Resource, values: Sequence[AssociationValue], schemas: Mapping[str, Schema]) -> AssociationsOf:
    """All of one resource; the schemas are by the type of their association."""
    told = tuple(
        AssociationInfo(
            subject=each.subject,
            association_type=each.association_type,
            lifecycle=each.lifecycle,
            frozen=told_frozen(each),
            schema=schemas.get(each.association_type or ""),
        )
        for each in values
    )
    return AssociationsOf(
        resource_name=of.resource_name,
        resource_namespace=of.resource_namespace,
        resource_id=of.resource_id,
        resource_type=of.resource_type,
        associations=told or None,
    )


def asked_for(
    of: Resource, associations: Sequence[AssociationUpdate], *, is_create: bool, is_dry_run: bool
) -> AskedFor:
    """What was checked, as the service takes it. Raises InvalidRuleSet."""
    return AskedFor(
        resource_name=of.resource_name or "",
        resource_namespace=of.resource_namespace or "",
        resource_id=of.resource_id or None,
        resource_type=of.resource_type or TOPIC,
        associations=tuple(
            Asked(
                type=each.association_type or _VALUE,
                subject=each.subject,
                lifecycle=each.lifecycle,
                frozen=each.frozen,
                draft=None if each.schema is None else each.schema.draft(""),
                normalize=bool(each.normalize),
            )
            for each in associations
        ),
        is_create=is_create,
        is_dry_run=is_dry_run,
    )


# --- what makes no sense


def checked(asked: AssociationsUpdate, *, is_create: bool, is_dry_run: bool) -> AssociationsUpdate:
    """With what is left out filled in. Raises InvalidAssociation."""
    _check_resource(asked, asked.associations, is_dry_run=is_dry_run)
    associations = tuple(_checked(each, _own(asked), is_create=is_create) for each in asked.associations or ())
    return replace(asked, resource_type=TOPIC, associations=associations)


def checked_operations(asked: OperationsOf, *, is_dry_run: bool) -> OperationsOf:
    """The same of a batch."""
    _check_resource(asked, asked.associations, is_dry_run=is_dry_run)
    operations: list[AssociationOperation] = []
    seen: dict[str | None, None] = {}
    for each in asked.associations or ():
        if each.op_type is Does.DELETE:
            operation = replace(each, association_type=_checked_type(each.association_type))
        else:
            operation = _checked(each, _own(asked), is_create=each.op_type is Does.CREATE)
        if operation.association_type in seen:
            raise twice(operation.association_type or "")
        seen[operation.association_type] = None
        operations.append(operation)
    return replace(asked, resource_type=TOPIC, associations=tuple(operations))


def _own(of: Resource) -> str:
    """What the subjects begin with that only this resource can have."""
    return f":.{of.resource_namespace}:{of.resource_name}"


def _check_resource(of: Resource, associations: Sequence[object] | None, *, is_dry_run: bool) -> None:
    _check_name(of.resource_name, "resourceName")
    _check_name(of.resource_namespace, "resourceNamespace")
    if not is_dry_run and not of.resource_id:
        raise InvalidAssociation("resourceId", "cannot be null or empty")
    if (of.resource_type or TOPIC) != TOPIC:
        raise InvalidAssociation("resourceType", f"must be '{TOPIC}'")
    if not associations:
        raise InvalidAssociation("associations", "cannot be null or empty")


def _check_name(name: str | None, called: str) -> None:
    if not name:
        raise InvalidAssociation(called, "cannot be null or empty")
    if len(name) > NAME_MAX:
        raise InvalidAssociation(called, f"exceeds max length of {NAME_MAX}")
    for each in name:
        if not (each.isalpha() or each.isdecimal() or each in "_-"):
            raise InvalidAssociation(called, f"illegal character '{each}'")


def _checked(each: U, own: str, *, is_create: bool) -> U:
    if each.subject is not None and (not each.subject or not _CONTROLS.isdisjoint(each.subject)):
        raise InvalidAssociation("subject", "must not be empty")
    if is_create:
        each = _with_defaults(each)
    each = replace(each, association_type=_checked_type(each.association_type))
    if each.lifecycle is Lifecycle.WEAK:
        _check_weak(each, is_create=is_create)
    return _checked_subject(each, f"{own}-{each.association_type}") if is_create else each


def _checked_type(association_type: str | None) -> str:
    if association_type and association_type not in _TYPES:
        raise InvalidAssociation("associationType", "must be either 'key' or 'value'")
    return association_type or _VALUE


def _with_defaults(each: U) -> U:
    if each.schema is not None:
        if each.lifecycle is Lifecycle.WEAK:
            raise InvalidAssociation("lifecycle", "cannot be WEAK when schema is provided")
        if each.frozen is False:
            raise InvalidAssociation("frozen", "cannot be false when a schema is provided")
    lifecycle = Lifecycle.STRONG if each.schema is not None else each.lifecycle or Lifecycle.WEAK
    frozen = lifecycle is Lifecycle.STRONG
    if each.frozen is not None and each.frozen is not frozen:
        raise not_frozen(lifecycle, frozen=each.frozen)
    return replace(each, lifecycle=lifecycle, frozen=frozen)


def _check_weak(each: AssociationUpdate, *, is_create: bool) -> None:
    if each.schema is not None:
        raise InvalidAssociation("lifecycle", "cannot be WEAK when schema is provided")
    if each.frozen:
        raise InvalidAssociation("frozen", "association with lifecycle of WEAK cannot be frozen")
    if is_create and each.subject is None:
        raise InvalidAssociation("subject", "must be provided for WEAK associations")


def _checked_subject(each: U, own: str) -> U:
    subject = own if each.subject is None else each.subject
    if each.frozen and subject != own:
        raise InvalidAssociation("subject", f"frozen associations must use subject '{own}'")
    if each.lifecycle is Lifecycle.WEAK and subject == own:
        raise InvalidAssociation("subject", f"WEAK associations cannot use subject '{own}'")
    return replace(each, subject=subject)
