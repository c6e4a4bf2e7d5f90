"""The machine of the DEK registry: which keys may be made, changed and deleted, and the records that make it so.

It sees wrapped key material only. What a key management service has to do takes too long for a decision and comes before it: so a
new DEK names the keys that it was made from, and is answered `Moved` where these are others by now.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment, Timeless
from headwater.registry.encryption import deks, keks
from headwater.registry.encryption.keks import Decided
from headwater.registry.encryption.records import EncryptionRecord
from headwater.registry.encryption.requests import (
    Basis,
    CreateDek,
    CreateKek,
    DeleteDeks,
    DeleteKek,
    NewDek,
    UndeleteDeks,
    UndeleteKek,
    UpdateKek,
)
from headwater.registry.encryption.state import State
from headwater.registry.errors import RegistryError

KEYS_MAX: Final = 20_000
"""KEKs, and as many DEKs: Confluent's default."""


class DekRegistry(Timeless):
    def __init__(self, *, keys_max: int = KEYS_MAX) -> None:
        self.state = State()
        self._keys_max = keys_max
        self._deciders: Mapping[type, Callable[..., Decided]] = {
            CreateKek: partial(keks.create, keys_max=keys_max),
            UpdateKek: keks.update,
            DeleteKek: keks.delete,
            UndeleteKek: keks.undelete,
            CreateDek: partial(deks.create, keys_max=keys_max),
            DeleteDeks: deks.delete,
            UndeleteDeks: deks.undelete,
        }

    def basis_of(self, wanted: NewDek) -> Basis | RegistryError:
        """What a new DEK is to be made from, or why there is none."""
        return deks.basis_of(self.state, wanted, self._keys_max)

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        answer, records = self._deciders[type(request)](self.state, request, moment.wall)
        return Decision(records=records, answers=((ticket, answer),))

    def replay(self, record: EncryptionRecord) -> None:
        self.state.replay(record)

    def snapshot(self) -> Iterator[EncryptionRecord]:
        return self.state.snapshot()
