"""What the replayed keys say, and in which order."""

from tests.registry.encryption.keys import NOON, dek, kek

from headwater.registry.encryption.records import Algorithm, DekKey, DekName, EncryptionRecord, KekKey
from headwater.registry.encryption.state import State


def replayed(*records: EncryptionRecord) -> State:
    state = State()
    for each in records:
        state.replay(each)
    return state


def kek_record(name: str, *, deleted: bool = False, tenant: str = "default") -> EncryptionRecord:
    return EncryptionRecord(key=KekKey(name=name, tenant=tenant), value=kek(name, deleted=deleted), timestamp=NOON)


def dek_record(kek_name: str, subject: str, version: int = 1, *, deleted: bool = False) -> EncryptionRecord:
    key = DekKey(kek_name=kek_name, subject=subject, algorithm=Algorithm.AES256_GCM, version=version)
    value = dek(kek_name=kek_name, subject=subject, version=version, deleted=deleted)
    return EncryptionRecord(key=key, value=value, timestamp=NOON)


def test_names_are_sorted_as_java_does_it() -> None:
    state = replayed(*(kek_record(each) for each in ("b", "_k", "a", "K")), kek_record("gone", deleted=True))
    assert state.kek_names() == ["K", "_k", "a", "b"]
    assert state.kek_names(deleted=True) == ["K", "_k", "a", "b", "gone"]


def test_subjects_are_sorted_as_java_does_it_and_each_is_told_once() -> None:
    subjects = ["\uffee", "\U0001f600", "a", ":.c:a"]
    state = replayed(*(dek_record("kek", each) for each in subjects), dek_record("kek", "a", 2))
    assert state.subjects("kek") == [":.c:a", "a", "\U0001f600", "\uffee"]


def test_keks_are_found_by_the_beginnings_of_what_they_wrap() -> None:
    state = replayed(dek_record("k1", "orders-value"), dek_record("k2", ":.c:o"), dek_record("k3", "o", deleted=True))
    assert state.kek_names_of(["o", ":.c:"]) == ["k1", "k2"]
    assert state.kek_names_of([""]) == ["k1", "k2"]
    assert state.kek_names_of(["o"], deleted=True) == ["k1", "k3"]


def test_another_tenants_keys_are_nobodys_here() -> None:
    assert replayed(kek_record("kek", tenant="other")).kek_names(deleted=True) == []


def test_versions_come_in_ascending_order_however_they_were_written() -> None:
    state = replayed(dek_record("kek", "s", 10), dek_record("kek", "s", 2), dek_record("kek", "s", 3, deleted=True))
    assert [each.value.version for each in state.versions(DekName(kek_name="kek", subject="s"))] == [2, 10]
