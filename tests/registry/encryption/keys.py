"""The DEK registry as its tests drive it: in memory, with a key management service that only turns bytes around."""

from collections.abc import Callable
from typing import Any, TypeVar

from headwater.kernel.units import Timestamp
from headwater.machine.decision import Answer, Ticket
from headwater.machine.machine import Machine, Moment
from headwater.registry.encryption.kms import KmsKey
from headwater.registry.encryption.records import Algorithm, DekName, DekValue, KekValue
from headwater.registry.encryption.requests import Basis, CreateDek, NewDek
from headwater.registry.errors import KmsFailed, RegistryError

NOON = Timestamp(43_200_000)
M = TypeVar("M", bound=Machine)
T = TypeVar("T")


class Kept:
    """A store in memory. `before_submit` runs once before the next decision: what another caller is faster with."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.written: tuple[Any, ...] = ()
        self.before_submit: Callable[[], None] = lambda: None

    def ask(self, request: object) -> Any:
        moment = Moment(wall=NOON, elapsed=0)
        decision = self.machine.decide(request, ticket=Ticket(1), moment=moment)
        self.written = decision.records
        for each in decision.records:
            self.machine.replay(each)
        [(_, answer)] = decision.answers
        return answer

    async def read(self, query: Callable[[Any], T]) -> T:
        return query(self.machine)

    async def submit(self, request: object) -> Answer:
        meanwhile, self.before_submit = self.before_submit, lambda: None
        meanwhile()
        return self.ask(request)


class Turning:
    """A key management service that turns bytes around and puts its key's id before them."""

    def __init__(self) -> None:
        self.denies: set[str] = set()
        self.asked: list[str] = []

    async def wrap(self, key: KmsKey, plain: bytes) -> bytes:
        self._check(key, "wrap")
        return key.id.encode() + b":" + plain[::-1]

    async def unwrap(self, key: KmsKey, wrapped: bytes) -> bytes:
        self._check(key, "unwrap")
        of, _, turned = wrapped.partition(b":")
        if of != key.id.encode():
            raise KmsFailed("decryption failed")
        return turned[::-1]

    def _check(self, key: KmsKey, doing: str) -> None:
        self.asked.append(doing)
        if key.id in self.denies:
            raise KmsFailed(f"{key.id} is not yours", denied=True)


def kek(name: str = "kek", *, shared: bool = False, **more: Any) -> KekValue:
    return KekValue(name=name, shared=shared, **{"kms_type": "local-kms", "kms_key_id": "key", **more})


def dek(material: str | None = "d3JhcHBlZA==", **more: Any) -> DekValue:
    named = {"kek_name": "kek", "subject": "s", "algorithm": Algorithm.AES256_GCM, "version": 1}
    return DekValue(encrypted_key_material=material, **{**named, **more})


def new_dek(material: str | None = "d3JhcHBlZA==", **more: Any) -> NewDek:
    named = {name: more.pop(name) for name in ("kek_name", "subject", "algorithm") if name in more}
    return NewDek(encrypted_key_material=material, name=DekName(**{"kek_name": "kek", "subject": "s", **named}), **more)


def create(keys: Kept, wanted: NewDek) -> Any:
    """As the service does it, where nothing has to be wrapped."""
    basis = keys.machine.basis_of(wanted)
    if isinstance(basis, RegistryError):
        basis = Basis(kek=kek())
    return keys.ask(CreateDek(wanted=wanted, basis=basis, encrypted_key_material=wanted.encrypted_key_material))
