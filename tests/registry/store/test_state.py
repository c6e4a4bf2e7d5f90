"""What the replayed topic knows."""

from collections.abc import Iterator

from hypothesis import given, strategies as st

from headwater.registry.content import Content, digest
from headwater.registry.contracts import Reference
from headwater.registry.store.records import (
    ClearSubjectKey,
    ClearSubjectValue,
    ConfigKey,
    ConfigValue,
    DeleteSubjectKey,
    DeleteSubjectValue,
    NoopKey,
    RegistryRecord,
    SchemaKey,
    SchemaValue,
)
from headwater.registry.store.state import State


def schema(
    subject: str,
    version: int,
    schema_id: int,
    text: str = '"int"',
    *,
    deleted: bool = False,
    references: tuple[Reference, ...] = (),
) -> RegistryRecord:
    value = SchemaValue(
        subject=subject, version=version, id=schema_id, schema=text, deleted=deleted, references=references
    )
    return RegistryRecord(key=SchemaKey(subject=subject, version=version), value=value)


def gone(subject: str, version: int) -> RegistryRecord:
    return RegistryRecord(key=SchemaKey(subject=subject, version=version), value=None)


def replayed(*records: RegistryRecord) -> State:
    state = State()
    for each in records:
        state.replay(each)
    return state


def numbers(state: State, subject: str, *, deleted: bool = False) -> list[int]:
    return [each.version for each in state.versions(subject, deleted=deleted)]


INT = digest(Content(type="AVRO", text='"int"'))


def test_one_content_has_one_id_in_a_context_and_another_in_another() -> None:
    state = replayed(schema("a", 1, 1), schema("b", 1, 1), schema(":.ctx:a", 1, 5))
    assert state.id_of(".", INT) == 1
    assert state.id_of(".ctx", INT) == 5
    assert [(each.subject, each.version) for each in state.users(".", 1)] == [("a", 1), ("b", 1)]
    assert (state.ids(".").most, state.ids(".ctx").most, state.ids(".other").most) == (1, 5, 0)


def test_a_soft_deleted_version_keeps_its_id_and_number_and_is_not_the_latest() -> None:
    state = replayed(schema("a", 1, 1), schema("a", 2, 2, '"long"'), schema("a", 2, 2, '"long"', deleted=True))
    assert numbers(state, "a") == [1]
    assert numbers(state, "a", deleted=True) == [1, 2]
    latest, found = state.latest("a"), state.by_id(".", 2)
    assert latest is not None
    assert latest.version == 1
    assert found is not None
    assert found.deleted


def test_deleting_a_subject_deletes_the_versions_up_to_the_one_named() -> None:
    state = replayed(
        schema("a", 1, 1),
        schema("a", 2, 2, '"long"'),
        schema("a", 3, 3, '"string"'),
        RegistryRecord(key=DeleteSubjectKey(subject="a"), value=DeleteSubjectValue(subject="a", version=2)),
    )
    assert numbers(state, "a") == [3]


def test_a_tombstone_takes_a_version_away_but_never_gives_its_id_again() -> None:
    state = replayed(schema("a", 1, 1), schema("a", 2, 2, '"long"'), gone("a", 2), gone("a", 7))
    assert numbers(state, "a", deleted=True) == [1]
    assert state.by_id(".", 2) is None
    assert state.id_of(".", digest(Content(type="AVRO", text='"long"'))) is None
    assert state.ids(".").most == 2


def test_a_version_that_moved_keeps_its_id_when_the_older_one_goes() -> None:
    state = replayed(schema("a", 1, 1, deleted=True), schema("a", 2, 1), gone("a", 1))
    found = state.by_id(".", 1)
    assert found is not None
    assert found.version == 2


def test_who_refers_to_a_version_is_known_until_it_goes() -> None:
    reference = Reference(name="c", subject="customer", version=1)
    state = replayed(schema(":.x:customer", 1, 1), schema(":.x:orders", 1, 2, '"c"', references=(reference,)))
    assert list(state.referenced[":.x:customer", 1]) == [(":.x:orders", 1)]
    state.replay(gone(":.x:orders", 1))
    assert state.referenced == {}


def test_a_value_is_of_its_keys_subject_and_version() -> None:
    value = SchemaValue(subject="b", version=9, id=1, schema='"int"')
    state = replayed(RegistryRecord(key=SchemaKey(subject="a", version=1), value=value), gone("a", 1))
    assert state.subjects == {}


def test_clearing_takes_away_what_is_soft_deleted() -> None:
    state = replayed(
        schema(":.x:a", 1, 1, deleted=True),
        schema(":.x:b", 1, 2, '"long"'),
        schema("a", 1, 1, deleted=True),
        RegistryRecord(key=ClearSubjectKey(subject=":.x:"), value=ClearSubjectValue(subject=":.x:")),
    )
    assert list(state.subjects) == [":.x:b", "a"]


def test_a_config_is_replaced_and_taken_away() -> None:
    key = ConfigKey(subject="a")
    state = replayed(RegistryRecord(key=key, value=ConfigValue(subject="a", compatibility_level="FULL")))
    assert state.configs["a"].compatibility_level == "FULL"
    state.replay(RegistryRecord(key=key, value=None))
    state.replay(RegistryRecord(key=NoopKey(), value=None))
    assert state.configs == {}


@st.composite
def histories(draw: st.DrawFn) -> list[RegistryRecord]:
    """Registrations, deletions and tombstones, in any order; a content has one id, as a writer sees to."""

    def records() -> Iterator[RegistryRecord]:
        for _ in range(draw(st.integers(0, 25))):
            subject, version = draw(st.sampled_from(["a", "b", ":.x:a"])), draw(st.integers(1, 4))
            kind = draw(st.sampled_from(["put", "put", "delete", "gone", "clear"]))
            number = draw(st.integers(1, 3))
            match kind:
                case "put":
                    yield schema(subject, version, number, f'"t{number}"', deleted=draw(st.booleans()))
                case "delete":
                    value = DeleteSubjectValue(subject=subject, version=version)
                    yield RegistryRecord(key=DeleteSubjectKey(subject=subject), value=value)
                case "gone":
                    yield gone(subject, version)
                case _:
                    yield RegistryRecord(key=ClearSubjectKey(subject=subject), value=ClearSubjectValue(subject=subject))

    return list(records())


@given(histories())
def test_every_view_tells_the_same(history: list[RegistryRecord]) -> None:
    state = replayed(*history)
    for subject, versions in state.subjects.items():
        assert list(versions) == sorted(versions)
        context = ".x" if subject.startswith(":.x:") else "."
        for value in versions.values():
            assert state.ids(context).most >= value.id
    for context in (".", ".x"):
        for schema_id, users in state.ids(context).users.items():
            assert users
            for subject, number in users.items():
                assert state.subjects[subject][number].id == schema_id
