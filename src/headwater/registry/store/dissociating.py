"""What taking associations away leads to. What is frozen stays, unless its resource goes, and its subject with it."""

from collections.abc import Iterator

from headwater.machine.decision import Decision, Ticket, answer
from headwater.registry.errors import AssociationFrozen, NotPermitted, RegistryError
from headwater.registry.store.associations import Lifecycle, Wanted, association_key
from headwater.registry.store.deleting import removal, soft_deletion
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.records import AssociationValue, RegistryRecord
from headwater.registry.store.requests import Dissociate
from headwater.registry.store.state import State
from headwater.registry.subjects import subject_of


def dissociate(state: State, request: Dissociate, ticket: Ticket) -> Decision:
    wanted = Wanted(resource_type=request.resource_type, types=request.types)
    found = state.associations.of_id(request.resource_id, wanted)
    try:
        for each in found:
            check_writable(state, each.subject or "")
            if each.frozen and not request.cascade:
                raise AssociationFrozen(each.association_type or "", each.subject or "")
        records = () if request.is_dry_run else tuple(_records(state, found, cascade=request.cascade))
    except RegistryError as refusal:
        return answer(ticket, refusal)
    return Decision(records=records, answers=((ticket, None),))


def check_writable(state: State, subject: str) -> None:
    """Raises NotPermitted."""
    if mode_of(state, subject).is_read_only:
        context, name = subject_of(subject)
        raise NotPermitted(f"Subject {name} in context {context} is in read-only mode")


def _records(state: State, associations: list[AssociationValue], *, cascade: bool) -> Iterator[RegistryRecord]:
    """Schemas that are imported come and go on their own."""
    for each in associations:
        yield RegistryRecord(key=association_key(each), value=None)
        subject = each.subject or ""
        owned = cascade and each.lifecycle == Lifecycle.STRONG
        if owned and mode_of(state, subject) is not Mode.IMPORT:
            yield from soft_deletion(state, subject)
            yield from removal(state, subject)
