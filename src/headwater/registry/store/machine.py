"""The registry's machine: what may be registered, deleted and set, and the records that make it so.

Only the one writer decides; every registry replays. Parsing and comparing take too long for a decision, so they come before it:
a registration names the versions that it was compared with, and is answered `Moved` where these are others by now.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from headwater.machine.decision import Decision, Ticket, answer
from headwater.machine.machine import Moment, Timeless
from headwater.registry.errors import ContextNotEmpty, NotPermitted, ReferenceExists, RegistryError
from headwater.registry.store.associating import associate
from headwater.registry.store.deleting import delete_subject, delete_version, read_only
from headwater.registry.store.dissociating import dissociate
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.records import (
    ClearSubjectKey,
    ClearSubjectValue,
    ConfigKey,
    ConfigValue,
    ContextKey,
    ModeKey,
    ModeValue,
    RegistryRecord,
    SchemaKey,
)
from headwater.registry.store.registering import register
from headwater.registry.store.requests import (
    Associate,
    ChangeConfig,
    DeleteConfig,
    DeleteContext,
    DeleteMode,
    DeleteSubject,
    DeleteVersion,
    Dissociate,
    Register,
    SetMode,
)
from headwater.registry.store.state import State
from headwater.registry.subjects import Subject, is_within


class Registry(Timeless):
    def __init__(self) -> None:
        self.state = State()
        self._deciders: dict[type, Callable[[Any, Ticket], Decision]] = {
            DeleteVersion: partial(delete_version, self.state),
            DeleteSubject: partial(delete_subject, self.state),
            ChangeConfig: self._change_config,
            DeleteConfig: self._delete_config,
            SetMode: self._set_mode,
            DeleteMode: self._delete_mode,
            DeleteContext: self._delete_context,
            Dissociate: partial(dissociate, self.state),
        }

    def decide(self, request: object, *, ticket: Ticket, moment: Moment) -> Decision:
        match request:
            case Register():
                return register(self.state, request, ticket, moment)
            case Associate():
                return associate(self.state, request, ticket, moment)
            case _:
                return self._deciders[type(request)](request, ticket)

    def replay(self, record: RegistryRecord) -> None:
        self.state.replay(record)

    def snapshot(self) -> Iterator[RegistryRecord]:
        return self.state.snapshot()

    def _change_config(self, request: ChangeConfig, ticket: Ticket) -> Decision:
        """An empty text is told as it was said, and kept as none, for a record has no other way to keep it."""
        if refusal := read_only(self.state, request.scope):
            return answer(ticket, refusal)
        old = self.state.configs.get(request.scope) or ConfigValue()
        said = {name: value for name, value in asdict(request).items() if value is not UNSET and name != "scope"}
        told = replace(old, subject=request.scope, **said)
        kept = replace(told, **{name: None for name, each in said.items() if each == ""})
        return _written(ticket, RegistryRecord(key=ConfigKey(subject=request.scope), value=kept), told)

    def _delete_config(self, request: DeleteConfig, ticket: Ticket) -> Decision:
        if refusal := read_only(self.state, request.scope):
            return answer(ticket, refusal)
        return _written(ticket, RegistryRecord(key=ConfigKey(subject=request.scope), value=None))

    def _set_mode(self, request: SetMode, ticket: Ticket) -> Decision:
        cleared: tuple[RegistryRecord, ...] = ()
        was_import = mode_of(self.state, request.scope) is Mode.IMPORT
        if request.mode is Mode.IMPORT and not was_import and not request.force:
            emptied = self._emptied(request.scope)
            if isinstance(emptied, RegistryError):
                return answer(ticket, emptied)
            cleared = emptied
        value = None if request.mode is None else ModeValue(subject=request.scope, mode=request.mode)
        record = RegistryRecord(key=ModeKey(subject=request.scope), value=value)
        return Decision(records=(*cleared, record), answers=((ticket, None),))

    def _emptied(self, scope: str | None) -> tuple[RegistryRecord, ...] | RegistryError:
        """What is soft-deleted in the scope goes for good; what is not is in the way."""
        gone: list[RegistryRecord] = []
        for subject in list(self.state.subjects):
            if scope is not None and not is_within(subject, scope):
                continue
            for each in self.state.versions(subject, deleted=True):
                if not each.deleted:
                    return NotPermitted("Cannot import since found existing subjects")
                if (subject, each.version) in self.state.referenced:
                    return ReferenceExists(subject, each.version)
                gone.append(RegistryRecord(key=SchemaKey(subject=subject, version=each.version), value=None))
        subject = scope or ""
        return (*gone, RegistryRecord(key=ClearSubjectKey(subject=subject), value=ClearSubjectValue(subject=subject)))

    def _delete_mode(self, request: DeleteMode, ticket: Ticket) -> Decision:
        scopes = dict.fromkeys([request.scope])
        if request.recursive:
            scopes |= dict.fromkeys(each for each in self.state.modes if each and is_within(each, request.scope or ""))
        records = tuple(RegistryRecord(key=ModeKey(subject=each), value=None) for each in scopes)
        return Decision(records=records, answers=((ticket, None),))

    def _delete_context(self, request: DeleteContext, ticket: Ticket) -> Decision:
        scope = Subject(request.context, "").scope
        if any(is_within(subject, scope) for subject in self.state.subjects):
            return answer(ticket, ContextNotEmpty(scope))
        return _written(ticket, RegistryRecord(key=ContextKey(context=request.context), value=None))


def _written(ticket: Ticket, record: RegistryRecord, value: object = None) -> Decision:
    return Decision(records=(record,), answers=((ticket, value),))
