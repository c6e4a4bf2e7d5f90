"""Which keys may be made, changed and deleted."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.registry.encryption.keys import NOON, Kept as Keys, create, dek, kek, new_dek

from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.records import Algorithm, DekKey, DekName, EncryptionRecord, KekKey
from headwater.registry.encryption.requests import (
    LATEST,
    Basis,
    CreateDek,
    CreateKek,
    DeleteDeks,
    DeleteKek,
    Moved,
    UndeleteDeks,
    UndeleteKek,
    UpdateKek,
)
from headwater.registry.encryption.state import Kept
from headwater.registry.errors import (
    InvalidKey,
    KeyExists,
    KeyNotFound,
    KeyNotSoftDeleted,
    KeyReferenceExists,
    KeySoftDeleted,
    TooManyKeys,
)

S = DekName(kek_name="kek", subject="s")


@pytest.fixture
def keys() -> Keys:
    return Keys(DekRegistry())


@pytest.fixture
def with_dek(keys: Keys) -> Keys:
    keys.ask(CreateKek(kek=kek()))
    create(keys, new_dek())
    return keys


class TestKeks:
    def test_a_new_one_is_written_and_answered_with_its_time(self, keys: Keys) -> None:
        assert keys.ask(CreateKek(kek=kek())) == Kept(value=kek(), timestamp=NOON)
        assert keys.written == (EncryptionRecord(key=KekKey(name="kek"), value=kek(), timestamp=NOON),)

    def test_one_that_is_there_is_not_made_again(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        assert keys.ask(CreateKek(kek=kek())) == KeyExists("kek")
        assert keys.written == ()

    def test_a_deleted_one_comes_back_if_it_is_the_same(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        keys.ask(DeleteKek(name="kek"))
        assert keys.ask(CreateKek(kek=kek(doc="another"))) == KeyExists("kek")
        assert keys.ask(CreateKek(kek=kek())).value == kek()
        assert keys.ask(CreateKek(kek=kek(deleted=True))).value.deleted

    def test_what_an_update_does_not_say_stays(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek(doc="old", kms_props={"a": "b"})))
        assert keys.ask(UpdateKek(name="kek", shared=True)).value == kek(doc="old", kms_props={"a": "b"}, shared=True)
        assert keys.ask(UpdateKek(name="kek", doc=None, kms_props=None)).value == kek(shared=True)

    def test_an_update_that_changes_nothing_writes_nothing(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        assert keys.ask(UpdateKek(name="kek", doc=None)).value == kek()
        assert keys.written == ()

    def test_a_deleted_one_is_not_updated(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        keys.ask(DeleteKek(name="kek"))
        assert keys.ask(UpdateKek(name="kek", doc="new")) == KeyNotFound("kek")

    def test_it_is_deleted_softly_first_and_then_for_good(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        assert keys.ask(DeleteKek(name="kek", permanent=True)) == KeyNotSoftDeleted("kek")
        assert keys.ask(DeleteKek(name="kek")) is None
        assert keys.ask(DeleteKek(name="kek")) is None
        assert not keys.written
        assert keys.ask(DeleteKek(name="kek", permanent=True)) is None
        assert keys.written == (EncryptionRecord(key=KekKey(name="kek"), value=None, timestamp=NOON),)
        assert keys.ask(DeleteKek(name="kek")) == KeyNotFound("kek")

    def test_one_that_wraps_others_is_not_deleted(self, with_dek: Keys) -> None:
        assert with_dek.ask(DeleteKek(name="kek")) == KeyReferenceExists("kek")
        with_dek.ask(DeleteDeks(name=S))
        assert with_dek.ask(DeleteKek(name="kek")) is None
        assert with_dek.ask(DeleteKek(name="kek", permanent=True)) == KeyReferenceExists("kek")
        with_dek.ask(DeleteDeks(name=S, permanent=True))
        assert with_dek.ask(DeleteKek(name="kek", permanent=True)) is None

    def test_undeleting_brings_it_back(self, keys: Keys) -> None:
        assert keys.ask(UndeleteKek(name="kek")) == KeyNotFound("kek")
        keys.ask(CreateKek(kek=kek()))
        assert keys.ask(UndeleteKek(name="kek")) is None
        assert keys.written == ()
        keys.ask(DeleteKek(name="kek"))
        assert keys.ask(UndeleteKek(name="kek")) is None
        assert keys.machine.state.kek("kek") is not None

    def test_there_is_a_most_which_may_be_passed_by_one(self) -> None:
        keys = Keys(DekRegistry(keys_max=1))
        keys.ask(CreateKek(kek=kek("a")))
        keys.ask(CreateKek(kek=kek("b")))
        assert keys.ask(CreateKek(kek=kek("c"))) == TooManyKeys(1)


class TestDeks:
    def test_a_new_one_is_written_and_answered_with_its_time(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        assert create(keys, new_dek()) == Kept(value=dek(), timestamp=NOON)
        key = DekKey(kek_name="kek", subject="s", algorithm=Algorithm.AES256_GCM, version=1)
        assert keys.written == (EncryptionRecord(key=key, value=dek(), timestamp=NOON),)

    def test_it_needs_its_kek(self, keys: Keys) -> None:
        assert create(keys, new_dek()) == KeyNotFound("kek")
        keys.ask(CreateKek(kek=kek(deleted=True)))
        assert create(keys, new_dek()) == KeyNotFound("kek")
        assert create(keys, new_dek(deleted=True)).value == dek(deleted=True)

    def test_its_client_has_wrapped_it_where_the_kek_is_not_shared(self, keys: Keys) -> None:
        keys.ask(CreateKek(kek=kek()))
        assert create(keys, new_dek(None)) == InvalidKey("encryptedKeyMaterial")

    def test_one_that_is_there_is_not_made_again(self, with_dek: Keys) -> None:
        assert create(with_dek, new_dek()) == KeyExists("s")
        assert create(with_dek, new_dek("b3RoZXI=")) == KeyExists("s")

    def test_rewrapping_replaces_it(self, with_dek: Keys) -> None:
        assert create(with_dek, new_dek("b3RoZXI=", rewrap=True)).value == dek("b3RoZXI=")

    def test_a_shared_keks_are_wrapped_here_only(self, with_dek: Keys) -> None:
        with_dek.ask(UpdateKek(name="kek", shared=True))
        assert create(with_dek, new_dek("b3RoZXI=", rewrap=True)) == KeyExists("s")

    def test_a_deleted_one_comes_back_if_it_is_the_same(self, with_dek: Keys) -> None:
        with_dek.ask(DeleteDeks(name=S))
        assert create(with_dek, new_dek("b3RoZXI=")) == KeyExists("s")
        assert create(with_dek, new_dek()).value == dek()

    def test_each_algorithm_and_version_is_one(self, with_dek: Keys) -> None:
        create(with_dek, new_dek(version=2))
        create(with_dek, new_dek(algorithm=Algorithm.AES256_SIV, version=7))
        state = with_dek.machine.state
        versions = [each.value.version for each in state.versions(S)]
        assert versions == [1, 2]
        siv = DekName(kek_name="kek", subject="s", algorithm=Algorithm.AES256_SIV)
        assert state.dek(siv, LATEST).value.version == 7

    def test_what_it_was_made_from_must_be_there_still(self, with_dek: Keys) -> None:
        wanted = new_dek(version=2)
        request = CreateDek(wanted=wanted, basis=Basis(kek=kek(shared=True)), encrypted_key_material="x")
        assert with_dek.ask(request) == Moved()
        assert with_dek.written == ()

    def test_all_are_deleted_softly_first_and_then_for_good(self, with_dek: Keys) -> None:
        create(with_dek, new_dek(version=2))
        with_dek.ask(DeleteDeks(name=S, version=1))
        assert with_dek.ask(DeleteDeks(name=S, permanent=True)) == KeyNotSoftDeleted("s")
        assert with_dek.ask(DeleteDeks(name=S)) is None
        assert [each.value.version for each in with_dek.written] == [2]
        assert with_dek.ask(DeleteDeks(name=S, permanent=True)) is None
        assert [each.value for each in with_dek.written] == [None, None]
        assert with_dek.ask(DeleteDeks(name=S)) == KeyNotFound("s")

    def test_a_version_is_deleted_softly_first_and_then_for_good(self, with_dek: Keys) -> None:
        assert with_dek.ask(DeleteDeks(name=S, version=1, permanent=True)) == KeyNotSoftDeleted("s")
        assert with_dek.ask(DeleteDeks(name=S, version=1)) is None
        assert with_dek.ask(DeleteDeks(name=S, version=1, permanent=True)) is None
        assert with_dek.ask(DeleteDeks(name=S, version=1, permanent=True)) == KeyNotFound("s")

    def test_the_latest_version_is_found_by_that_name_but_not_deleted(self, with_dek: Keys) -> None:
        assert with_dek.ask(DeleteDeks(name=S, version=LATEST)) is None
        assert with_dek.written == ()

    def test_undeleting_brings_them_back(self, with_dek: Keys) -> None:
        create(with_dek, new_dek(version=2))
        with_dek.ask(DeleteDeks(name=S))
        assert with_dek.ask(UndeleteDeks(name=S, version=1)) is None
        assert [each.value.version for each in with_dek.written] == [1]
        assert with_dek.ask(UndeleteDeks(name=S)) is None
        assert [each.value.version for each in with_dek.written] == [2]

    @pytest.mark.parametrize("version", [None, 1])
    def test_the_kek_is_undeleted_before_them(self, with_dek: Keys, version: int | None) -> None:
        with_dek.ask(DeleteDeks(name=S))
        with_dek.ask(DeleteKek(name="kek"))
        assert with_dek.ask(UndeleteDeks(name=S, version=version)) == KeySoftDeleted("kek")

    @pytest.mark.parametrize("request_type", [DeleteDeks, UndeleteDeks])
    def test_the_kek_is_looked_for_first(self, keys: Keys, request_type: Any) -> None:
        assert keys.ask(request_type(name=S)) == KeyNotFound("kek")
        keys.ask(CreateKek(kek=kek()))
        assert keys.ask(request_type(name=S)) == KeyNotFound("s")

    def test_there_is_a_most_which_may_be_passed_by_one(self) -> None:
        keys = Keys(DekRegistry(keys_max=0))
        keys.ask(CreateKek(kek=kek()))
        create(keys, new_dek())
        assert create(keys, new_dek(version=2)) == TooManyKeys(0)


NAMES = st.sampled_from(["kek", "k2"])
DEKS = st.builds(DekName, kek_name=NAMES, subject=st.sampled_from(["s", ":.c:s"]), algorithm=st.sampled_from(Algorithm))
VERSIONS = st.sampled_from([None, 1, 2, LATEST])
REQUESTS = st.one_of(
    st.builds(CreateKek, kek=st.builds(kek, NAMES, shared=st.booleans(), deleted=st.booleans())),
    st.builds(UpdateKek, name=NAMES, doc=st.sampled_from([None, "d"]), shared=st.booleans()),
    st.builds(DeleteKek, name=NAMES, permanent=st.booleans()),
    st.builds(UndeleteKek, name=NAMES),
    st.builds(DeleteDeks, name=DEKS, version=VERSIONS, permanent=st.booleans()),
    st.builds(UndeleteDeks, name=DEKS, version=VERSIONS),
    st.builds(
        new_dek,
        st.sampled_from(["YQ==", "Yg=="]),
        kek_name=NAMES,
        subject=st.sampled_from(["s", ":.c:s"]),
        version=st.integers(1, 3),
        rewrap=st.booleans(),
        deleted=st.booleans(),
    ),
)


@given(st.lists(REQUESTS, max_size=40))
def test_a_snapshot_replays_to_the_same(requests: list[Any]) -> None:
    keys = Keys(DekRegistry())
    for each in requests:
        if hasattr(each, "rewrap"):
            create(keys, each)
        else:
            keys.ask(each)
    other = DekRegistry()
    for record in keys.machine.snapshot():
        other.replay(record)
    assert vars(other.state) == vars(keys.machine.state)
    assert keys.machine.state.dek_count == sum(1 for _ in _deks(keys.machine))


def _deks(machine: DekRegistry) -> Iterator[EncryptionRecord]:
    return (each for each in machine.snapshot() if isinstance(each.key, DekKey))
