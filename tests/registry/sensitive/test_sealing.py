"""Sensitive metadata in the topic."""

import asyncio
from typing import Any

import pytest
from tests.registry.memory_store import NOON

from headwater.kernel.real.randomness import SystemRandomness
from headwater.machine.decision import Ticket
from headwater.registry.content import Content, digest
from headwater.registry.contracts import Metadata
from headwater.registry.errors import UnreadableKeyset
from headwater.registry.sensitive import encoders
from headwater.registry.sensitive.encoders import EncoderRecord, Encoders, PutKeyset
from headwater.registry.sensitive.keeping import KeysetKeeper, Secrets
from headwater.registry.sensitive.sealing import SEALED, Sealing
from headwater.registry.store import codec
from headwater.registry.store.records import RegistryRecord, SchemaKey, SchemaValue
from headwater.registry.store.state import State, digest_of

RANDOMNESS = SystemRandomness()
METADATA = Metadata(properties={"owner": "us", "password": "hidden"}, sensitive=frozenset(["password", "none"]))
KEY = SchemaKey(subject="s", version=1)
RECORD = RegistryRecord(key=KEY, value=SchemaValue(subject="s", version=1, id=1, schema='"int"', metadata=METADATA))


class MemoryEncoders:
    """`_schema_encoders` without a topic, through bytes."""

    def __init__(self) -> None:
        self.machine = Encoders()

    async def read(self, query: Any) -> Any:
        return query(self.machine)

    async def submit(self, request: Any) -> Any:
        decision = self.machine.decide(request, ticket=Ticket(1), moment=NOON)
        for each in decision.records:
            self.machine.replay(encoders.decode(*encoders.encode(each)))
        return decision.answers[0][1]


def kept(store: MemoryEncoders, secret: str = "one", old: str | None = None) -> Sealing:
    sealing = Sealing(RANDOMNESS)
    asyncio.run(KeysetKeeper(store, Secrets(secret=secret, old=old), sealing, RANDOMNESS).keep())
    return sealing


def followed(store: MemoryEncoders, secret: str = "one") -> Sealing:
    sealing = Sealing(RANDOMNESS)
    asyncio.run(KeysetKeeper(store, Secrets(secret=secret), sealing, RANDOMNESS).follow())
    return sealing


def properties(record: RegistryRecord) -> dict[str, str]:
    assert isinstance(record.value, SchemaValue)
    assert record.value.metadata is not None
    return dict(record.value.metadata.properties or {})


def test_the_topic_holds_the_values_sealed_and_the_digest_of_what_they_were():
    sealing = kept(MemoryEncoders())
    key, value = codec.encode(sealing.sealed(RECORD))
    assert b"hidden" not in (value or b"")
    assert b'"__enc__":"true","owner":"us"' in (value or b"")
    stored = codec.decode(key, value)
    assert isinstance(stored.value, SchemaValue)
    content = Content(type="AVRO", text='"int"', metadata=METADATA)
    assert digest_of(stored.value) == digest(content)
    assert sealing.opened(stored) == RECORD


def test_what_is_sealed_is_not_sealed_again_and_what_has_no_secrets_stays_as_it_is():
    sealing = kept(MemoryEncoders())
    sealed = sealing.sealed(RECORD)
    assert sealing.sealed(sealed) is sealed
    plain = RegistryRecord(key=KEY, value=SchemaValue(subject="s", version=1, id=1, schema='"int"'))
    assert sealing.sealed(plain) is sealing.opened(plain) is plain
    gone = RegistryRecord(key=KEY, value=None)
    assert sealing.sealed(gone) is sealing.opened(gone) is gone


def test_without_a_secret_nothing_is_sealed_and_nothing_opened():
    sealing = Sealing(RANDOMNESS)
    assert sealing.sealed(RECORD) is RECORD
    sealed = kept(MemoryEncoders()).sealed(RECORD)
    assert sealing.opened(sealed) == sealed


def test_what_was_read_before_the_keyset_is_opened_when_it_is_known():
    store = MemoryEncoders()
    late = Sealing(RANDOMNESS)
    state = State()
    state.replay(late.opened(kept(store).sealed(RECORD)))
    found = state.version("s", 1)
    assert found is not None
    assert found.metadata is not None
    assert SEALED in (found.metadata.properties or {})
    late.keyset = followed(store).keyset
    late.open_all(state)
    assert state.version("s", 1) == RECORD.value


def test_a_follower_reads_what_the_writer_sealed():
    store = MemoryEncoders()
    assert followed(store).keyset is None
    sealed = kept(store).sealed(RECORD)
    assert properties(followed(store).opened(sealed)) == {"owner": "us", "password": "hidden"}
    assert kept(store).keyset == followed(store).keyset


def test_a_new_secret_needs_the_old_one_once_and_brings_a_new_key():
    store = MemoryEncoders()
    old = kept(store)
    sealed = old.sealed(RECORD)
    with pytest.raises(UnreadableKeyset):
        kept(store, "two")
    new = kept(store, "two", old="one")
    assert old.keyset is not None
    assert new.keyset is not None
    assert new.keyset.primary != old.keyset.primary
    assert properties(kept(store, "two").opened(sealed)) == {"owner": "us", "password": "hidden"}


def test_of_two_that_make_a_keyset_at_once_the_first_counts():
    store = MemoryEncoders()
    first = asyncio.run(store.submit(PutKeyset(tenant="default", keyset=b"1")))
    second = asyncio.run(store.submit(PutKeyset(tenant="default", keyset=b"2")))
    assert first == second == b"1"
    copy = Encoders()
    for record in store.machine.snapshot():
        copy.replay(record)
    assert copy.keysets == store.machine.keysets == {"default": b"1"}
    copy.replay(EncoderRecord(tenant="default", keyset=None))
    assert copy.keysets == {}
