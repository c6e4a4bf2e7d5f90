"""What a request for associations leads to: all of them, with the schemas that came along, or one refusal.

A resource owns its subjects (STRONG, and frozen) or shares them (WEAK), all of them alike. What is owned is nobody else's: no other
resource is associated with its subject, and no schema refers to it. The order of checks is Confluent's, for it decides which of
several faults is told.
"""

from hashlib import md5
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from headwater.machine.decision import Decision, Ticket, answer
from headwater.machine.machine import Moment
from headwater.registry.errors import (
    AssociationFrozen,
    InvalidAssociation,
    NoActiveVersion,
    RegistryError,
    ResourceAssociated,
    SubjectAssociated,
    SubjectOwned,
    SubjectReferenced,
)
from headwater.registry.store.associations import Lifecycle, Wanted, association_key
from headwater.registry.store.dissociating import check_writable
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.records import AssociationValue, RegistryRecord
from headwater.registry.store.registering import Registration, registration
from headwater.registry.store.requests import Associate, Associated, Moved, Offered, Registered, WantedAssociation
from headwater.registry.store.state import State, target


class _Settled(Struct, frozen=True, kw_only=True):
    """An association as it is to be. `stored` is as it is."""

    wanted: WantedAssociation
    subject: str
    lifecycle: Lifecycle
    frozen: bool
    stored: AssociationValue | None = None
    is_same: bool = False

    @property
    def type(self) -> str:
        return self.wanted.type

    @property
    def schema(self) -> Offered | None:
        return self.wanted.schema


def associate(state: State, request: Associate, ticket: Ticket, moment: Moment) -> Decision:
    try:
        return _associated(state, request, ticket, moment)
    except RegistryError as refusal:
        return answer(ticket, refusal)


def stored_associations(state: State, request: Associate) -> dict[str, AssociationValue]:
    """What the resource has of the types that are asked for, by type. Whoever does not know the resource's id yet means the one
    of that name that was changed last."""
    if request.resource_id is None and not (request.is_create and request.is_dry_run):
        return {}
    types = tuple(each.type for each in request.associations)
    return {each.association_type or "": each for each in _of_resource(state, request, types)}


def default_subject(request: Associate, association_type: str) -> str:
    """The one that only this resource can have."""
    return f":.{request.resource_namespace}:{request.resource_name}-{association_type}"


def _associated(state: State, request: Associate, ticket: Ticket, moment: Moment) -> Decision:
    for each in request.associations:
        if each.subject is not None:
            check_writable(state, each.subject)
    _check_types(request)
    if any(_is_stale(state, each.schema) for each in request.associations):
        return answer(ticket, Moved())
    stored = stored_associations(state, request)
    settled = [_settle(state, request, each, stored.get(each.type)) for each in request.associations]
    _check_uniform(state, request, settled)
    for one in settled:
        _check_subject(state, one, settled)
    for one in settled:
        if one.schema is not None and one.schema.refusal is not None:
            raise one.schema.refusal
    return answer(ticket, Associated()) if request.is_dry_run else _decided(state, request, settled, ticket, moment)


def _decided(state: State, request: Associate, settled: list[_Settled], ticket: Ticket, moment: Moment) -> Decision:
    records: tuple[RegistryRecord, ...] = ()
    registered: dict[str, Registered] = {}
    for each in settled:
        if each.schema is None:
            continue
        outcome = registration(state, each.schema.register, moment, ahead=records)
        if isinstance(outcome, RegistryError):
            raise outcome
        if not isinstance(outcome, Registration):
            return answer(ticket, outcome)
        records += outcome.records
        registered[each.type] = outcome.answer
    written = tuple(_value(request, each, moment) for each in settled if not each.is_same)
    records += tuple(RegistryRecord(key=association_key(each), value=each) for each in written)
    return Decision(records=records, answers=((ticket, Associated(written=written, registered=registered)),))


def _value(request: Associate, each: _Settled, moment: Moment) -> AssociationValue:
    if each.stored is not None:
        changed = replace(each.stored, lifecycle=each.lifecycle, frozen=each.frozen)
        return replace(changed, create_ts=None, timestamp=moment.wall)
    return AssociationValue(
        guid=_guid(request, each, moment),
        resource_name=request.resource_name,
        resource_namespace=request.resource_namespace,
        resource_id=request.resource_id,
        resource_type=request.resource_type,
        association_type=each.type,
        subject=each.subject,
        lifecycle=each.lifecycle,
        frozen=each.frozen,
        timestamp=moment.wall,
    )


def _guid(request: Associate, each: _Settled, moment: Moment) -> str:
    """It never had the same subject at the same moment before."""
    told = "\n".join((request.resource_id or "", each.type, each.subject, str(moment.wall)))
    return str(UUID(bytes=md5(told.encode(), usedforsecurity=False).digest(), version=3))


def _check_types(request: Associate) -> None:
    seen: dict[str, None] = {}
    for each in request.associations:
        if each.type in seen:
            raise twice(each.type)
        seen[each.type] = None


def twice(association_type: str) -> InvalidAssociation:
    why = f"may only appear once per request, but '{association_type}' appears more than once"
    return InvalidAssociation("associationType", why)


def _is_stale(state: State, offered: Offered | None) -> bool:
    if offered is None or offered.register.force:
        return False
    there = tuple(each.version for each in state.versions(offered.register.subject))
    return offered.register.compared != there


def _of_resource(state: State, request: Associate, types: tuple[str, ...] = ()) -> list[AssociationValue]:
    wanted = Wanted(resource_type=request.resource_type, types=types)
    if request.resource_id is not None:
        return state.associations.of_id(request.resource_id, wanted)
    found = state.associations.of_name(request.resource_name, request.resource_namespace, wanted)
    newest = max(found, key=_recency, default=None)
    return [each for each in found if newest is not None and each.resource_id == newest.resource_id]


def _recency(value: AssociationValue) -> tuple[int, int, str]:
    return value.timestamp or 0, value.create_ts or 0, value.resource_id or ""


# --- each by itself


def _settle(state: State, request: Associate, wanted: WantedAssociation, stored: AssociationValue | None) -> _Settled:
    if stored is None and not request.is_create:
        wanted = with_defaults(wanted)
    lifecycle = wanted.lifecycle or (
        None if stored is None or stored.lifecycle is None else Lifecycle(stored.lifecycle)
    )
    own = default_subject(request, wanted.type)
    subject = wanted.subject or (stored.subject if stored is not None else None)
    if subject is None:
        if lifecycle is not Lifecycle.STRONG:
            raise InvalidAssociation("subject", "must be provided for WEAK associations")
        subject = own
    if lifecycle is None:
        raise InvalidAssociation("lifecycle", "lifecycle must be set")
    frozen = _checked_frozen(wanted, stored, lifecycle=lifecycle, subject=subject, own=own)
    settled = _Settled(wanted=wanted, subject=subject, lifecycle=lifecycle, frozen=frozen, stored=stored)
    if stored is None:
        _check_new(state, request, settled)
    elif _is_equivalent(settled, stored):
        if request.is_create and wanted.schema is not None and not wanted.schema.is_known:
            raise ResourceAssociated(wanted.type, stored.resource_name or "")
        return replace(settled, is_same=True)
    elif request.is_create:
        raise ResourceAssociated(wanted.type, stored.resource_name or "")
    else:
        _check_change(settled, stored, own)
    return settled


def with_defaults(wanted: WantedAssociation) -> WantedAssociation:
    """Of one that is added to a resource that exists: shared, unless it says otherwise."""
    if wanted.schema is not None:
        raise InvalidAssociation(
            "schema",
            "cannot be provided when adding an association to an existing topic; "
            "an association with a schema must be created with the topic",
        )
    lifecycle = wanted.lifecycle or Lifecycle.WEAK
    frozen = lifecycle is Lifecycle.STRONG
    if wanted.frozen is not None and wanted.frozen is not frozen:
        raise not_frozen(lifecycle, frozen=wanted.frozen)
    return replace(wanted, lifecycle=lifecycle, frozen=frozen)


def not_frozen(lifecycle: Lifecycle, *, frozen: bool) -> InvalidAssociation:
    said = "true" if frozen else "false"
    return InvalidAssociation("frozen", f"association with lifecycle of {lifecycle} cannot be frozen={said}")


def _checked_frozen(
    wanted: WantedAssociation, stored: AssociationValue | None, *, lifecycle: Lifecycle, subject: str, own: str
) -> bool:
    """What is strong is frozen, and what is weak is not."""
    if lifecycle is Lifecycle.WEAK:
        if wanted.schema is not None:
            raise InvalidAssociation("lifecycle", "cannot be WEAK when schema is provided")
        if subject == own:
            raise InvalidAssociation("subject", f"WEAK associations cannot use subject '{own}'")
    was_frozen = stored.frozen if stored is not None else bool(wanted.frozen)
    frozen = was_frozen if wanted.frozen is None else wanted.frozen
    if frozen is not (lifecycle is Lifecycle.STRONG):
        raise not_frozen(lifecycle, frozen=frozen)
    if was_frozen and subject != own:
        raise InvalidAssociation("subject", f"frozen associations must use subject '{own}'")
    return frozen


def _check_new(state: State, request: Associate, settled: _Settled) -> None:
    """A strong one begins with its resource; where subjects are imported, it began elsewhere."""
    if mode_of(state, settled.subject) is Mode.IMPORT:
        return
    if not request.is_create and settled.lifecycle is Lifecycle.STRONG:
        raise InvalidAssociation(
            "lifecycle",
            "cannot be STRONG when creating an association; STRONG associations must be created with the topic",
        )
    if not settled.frozen:
        return
    if request.is_create and settled.schema is None:
        raise InvalidAssociation("schema", "schema must be provided when creating a frozen association")
    latest = state.latest(settled.subject)
    if latest is not None and (settled.schema is None or latest.version != 1 or not settled.schema.is_known):
        raise InvalidAssociation(
            "frozen", "cannot create a frozen association when schemas already exist in the subject"
        )


def _is_equivalent(settled: _Settled, stored: AssociationValue) -> bool:
    wanted = settled.wanted
    return (
        settled.subject == stored.subject
        and wanted.lifecycle in (None, stored.lifecycle)
        and wanted.frozen in (None, stored.frozen)
    )


def _check_change(settled: _Settled, stored: AssociationValue, own: str) -> None:
    wanted = settled.wanted
    if wanted.lifecycle is None and wanted.schema is None:
        raise InvalidAssociation("lifecycle", "at least lifecycle or schema must be provided for update")
    if settled.subject != stored.subject:
        raise InvalidAssociation(
            "subject", f"subject of association cannot be changed from '{stored.subject}' to '{settled.subject}'"
        )
    if stored.lifecycle == Lifecycle.STRONG and wanted.lifecycle is Lifecycle.WEAK and stored.subject == own:
        raise InvalidAssociation("lifecycle", f"cannot change to WEAK when subject matches default format '{own}'")
    if wanted.frozen is not None and wanted.frozen is not stored.frozen:
        raise InvalidAssociation("frozen", "frozen attribute of association cannot be changed")
    if stored.frozen:
        raise AssociationFrozen(wanted.type, stored.subject or "")


# --- together, and beside those of others


def _check_uniform(state: State, request: Associate, settled: list[_Settled]) -> None:
    lifecycles = {each.association_type: each.lifecycle for each in _of_resource(state, request)}
    lifecycles |= {each.type: each.lifecycle for each in settled}
    if len(dict.fromkeys(lifecycles.values())) > 1:
        told = ", ".join(f"{name}={lifecycle}" for name, lifecycle in lifecycles.items())
        raise InvalidAssociation(
            "lifecycle", f"all associations for a resource must have the same lifecycle, but got {told}"
        )


def _check_subject(state: State, settled: _Settled, all_settled: list[_Settled]) -> None:
    subject = settled.subject
    if settled.schema is not None and mode_of(state, subject) is Mode.IMPORT:
        raise InvalidAssociation("schema", f"cannot be provided while subject '{subject}' is in IMPORT mode")
    if settled.schema is None and state.latest(subject) is None:
        raise NoActiveVersion(subject)
    stored = settled.stored
    mine = None if stored is None else association_key(stored)
    others = [each for each in state.associations.of_subject(subject) if association_key(each) != mine]
    if settled.lifecycle is Lifecycle.WEAK:
        if any(each.lifecycle == Lifecycle.STRONG for each in others):
            raise SubjectOwned(subject)
        return
    if others:
        raise SubjectAssociated(subject)
    if _is_referenced(state, subject) or any(_refers(each, subject) for each in all_settled):
        raise SubjectReferenced(subject)


def _is_referenced(state: State, subject: str) -> bool:
    return any((subject, each.version) in state.referenced for each in state.versions(subject, deleted=True))


def _refers(settled: _Settled, subject: str) -> bool:
    references = () if settled.schema is None else settled.schema.references
    return any(target(settled.subject, each)[0] == subject for each in references)
