"""What may be registered, deleted and set."""

import pytest
from hypothesis import given, strategies as st
from tests.registry.store.registry_machine import Driven

from headwater.registry.content import Content
from headwater.registry.contracts import Reference
from headwater.registry.errors import (
    ContextNotEmpty,
    InvalidSchema,
    NotPermitted,
    ReferenceExists,
    SubjectNotFound,
    SubjectNotSoftDeleted,
    SubjectSoftDeleted,
    VersionNotFound,
    VersionNotSoftDeleted,
    VersionSoftDeleted,
)
from headwater.registry.merging import with_version
from headwater.registry.store.machine import Registry
from headwater.registry.store.modes import Mode, config_of, mode_of
from headwater.registry.store.records import ConfigKey, ConfigValue, ContextKey, ModeKey, SchemaKey
from headwater.registry.store.requests import (
    LATEST,
    ChangeConfig,
    DeleteConfig,
    DeleteContext,
    DeleteMode,
    DeleteSubject,
    DeleteVersion,
    Moved,
    Register,
    Registered,
    SetMode,
)

INT = Content(type="AVRO", text='"int"')

NOT_NEXT = "Version is not one more than previous version"


@pytest.fixture
def driven() -> Driven:
    return Driven()


def new(schema_id: int, version: int) -> Registered:
    return Registered(id=schema_id, version=version, is_new=True)


class TestRegistering:
    def test_ids_count_up_and_one_content_has_one(self, driven: Driven) -> None:
        assert driven.register("a", '"int"') == new(1, 1)
        assert driven.register("a", '"long"') == new(2, 2)
        assert driven.register("b", '"long"') == new(2, 1)
        assert driven.register("b", '"string"') == new(3, 2)

    def test_each_context_counts_for_itself_and_begins_with_its_first_schema(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        assert driven.register(":.ctx:a", '"long"') == new(1, 1)
        assert [each.key for each in driven.written] == [
            ContextKey(context=".ctx"),
            SchemaKey(subject=":.ctx:a", version=1),
        ]

    def test_what_is_there_already_is_told_and_not_written(self, driven: Driven) -> None:
        driven.register("a")
        assert driven.register("a") == Registered(id=1, version=1, is_new=False)
        assert driven.written == ()

    def test_a_registration_that_was_compared_with_less_than_is_there_is_to_be_compared_again(
        self, driven: Driven
    ) -> None:
        driven.register("a", '"int"')
        late = Register(subject="a", content=Content(type="AVRO", text='"long"'), compared=())
        assert driven.ask(late) == Moved()
        assert driven.written == ()
        assert driven.register("a", '"long"', force=True) == new(2, 2)

    def test_a_contract_that_tells_another_version_by_now_is_to_be_made_again(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.ask(DeleteVersion(subject="a", version=1))
        content = Content(type="AVRO", text='"long"', metadata=with_version(None, 1))
        assert driven.ask(Register(subject="a", content=content)) == Moved()
        content = Content(type="AVRO", text='"long"', metadata=with_version(None, 2))
        assert driven.ask(Register(subject="a", content=content)) == new(2, 2)

    def test_what_was_deleted_softly_comes_back_as_a_new_version_with_its_old_id(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.ask(DeleteVersion(subject="a", version=1))
        assert driven.register("a", '"int"') == new(1, 2)
        assert [each.key for each in driven.written if each.value is None] == [SchemaKey(subject="a", version=1)]

    def test_a_version_that_others_refer_to_is_kept_beside_its_successor(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("b", '"a"', references=(Reference(name="a", subject="a", version=1),))
        driven.ask(DeleteSubject(subject="b"))
        driven.ask(DeleteVersion(subject="a", version=1))
        driven.register("a", '"int"')
        assert [each.value is None for each in driven.written] == [False]

    def test_a_version_can_be_named_where_it_is_the_next(self, driven: Driven) -> None:
        assert driven.register("a", version=1) == new(1, 1)
        assert driven.register("a", '"long"', version=5) == InvalidSchema(NOT_NEXT, text=NOT_NEXT)

    def test_ids_are_given_only_where_schemas_are_imported(self, driven: Driven) -> None:
        refusal = driven.register("a", id=7)
        assert refusal == NotPermitted("Subject a in context  is not in import mode")
        driven.ask(SetMode(scope="a", mode=Mode.IMPORT))
        assert driven.register("a", id=7, version=3) == new(7, 3)
        assert driven.register("a", '"long"', id=7, version=4) == NotPermitted(
            "Overwrite new schema with id 7 in context  is not permitted."
        )
        assert driven.register("a", '"long"') == NotPermitted("Subject a in context  is not in read-write mode")
        driven.ask(DeleteMode(scope="a"))
        assert driven.register("a", '"long"') == new(8, 4)

    @pytest.mark.parametrize("mode", [Mode.READONLY, Mode.READONLY_OVERRIDE])
    def test_nothing_is_registered_where_one_may_only_read(self, driven: Driven, mode: Mode) -> None:
        driven.ask(SetMode(scope=":.ctx:", mode=mode))
        assert driven.register(":.ctx:a") == NotPermitted("Subject :.ctx:a in context :.ctx: is in read-only mode")
        assert driven.register("a") == new(1, 1)


class TestDeletingVersions:
    def test_softly_and_then_for_good(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("a", '"long"')
        permanent = DeleteVersion(subject="a", version=1, permanent=True)
        assert driven.ask(permanent) == VersionNotSoftDeleted("a", 1)
        assert driven.ask(DeleteVersion(subject="a", version=1)) == 1
        assert driven.ask(DeleteVersion(subject="a", version=1)) == VersionSoftDeleted("a", 1)
        assert driven.ask(permanent) == 1
        assert driven.ask(permanent) == VersionNotFound(1)

    def test_the_latest_is_the_newest_that_is_there(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("a", '"long"')
        assert driven.ask(DeleteVersion(subject="a", version=LATEST)) == 2
        assert driven.ask(DeleteVersion(subject="a", version=LATEST)) == 1

    def test_an_unknown_subject_is_told(self, driven: Driven) -> None:
        assert driven.ask(DeleteVersion(subject="a", version=1)) == SubjectNotFound("a")

    def test_what_others_refer_to_stays(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("b", '"a"', references=(Reference(name="a", subject="a", version=1),))
        assert driven.ask(DeleteVersion(subject="a", version=1)) == ReferenceExists("a", 1)
        driven.ask(DeleteSubject(subject="b"))
        assert driven.ask(DeleteVersion(subject="a", version=1)) == 1
        assert driven.ask(DeleteVersion(subject="a", version=1, permanent=True)) == ReferenceExists("a", 1)
        driven.ask(DeleteSubject(subject="b", permanent=True))
        assert driven.ask(DeleteVersion(subject="a", version=1, permanent=True)) == 1

    def test_the_last_one_takes_the_subjects_mode_and_config_with_it(self, driven: Driven) -> None:
        driven.register("a")
        driven.ask(ChangeConfig(scope="a", compatibility_level="FULL"))
        driven.ask(SetMode(scope="a", mode=Mode.READWRITE))
        driven.ask(DeleteVersion(subject="a", version=1))
        driven.ask(DeleteVersion(subject="a", version=1, permanent=True))
        assert [each.key for each in driven.written] == [
            SchemaKey(subject="a", version=1),
            ModeKey(subject="a"),
            ConfigKey(subject="a"),
        ]


class TestDeletingSubjects:
    def test_softly_and_then_for_good(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("a", '"long"')
        assert driven.ask(DeleteSubject(subject="a", permanent=True)) == SubjectNotSoftDeleted("a")
        assert driven.ask(DeleteSubject(subject="a")) == [1, 2]
        assert driven.ask(DeleteSubject(subject="a")) == SubjectSoftDeleted("a")
        assert driven.ask(DeleteSubject(subject="a", permanent=True)) == [1, 2]
        assert driven.ask(DeleteSubject(subject="a")) == SubjectNotFound("a")
        assert driven.register("b", '"string"') == new(3, 1)

    def test_references_from_within_are_no_obstacle(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("a", '"a"', references=(Reference(name="a", subject="a", version=1),))
        assert driven.ask(DeleteSubject(subject="a")) == [1, 2]
        assert driven.ask(DeleteSubject(subject="a", permanent=True)) == [1, 2]

    def test_references_from_others_are(self, driven: Driven) -> None:
        driven.register("a", '"int"')
        driven.register("b", '"a"', references=(Reference(name="a", subject="a", version=1),))
        assert driven.ask(DeleteSubject(subject="a")) == ReferenceExists("a", 1)

    def test_one_that_may_only_be_read_stays(self, driven: Driven) -> None:
        driven.register("a")
        driven.ask(SetMode(mode=Mode.READONLY))
        assert driven.ask(DeleteSubject(subject="a")) == NotPermitted("Subject a in context  is in read-only mode")


class TestConfigs:
    def test_what_is_not_said_stays_and_what_is_said_to_be_nothing_goes(self, driven: Driven) -> None:
        driven.ask(ChangeConfig(scope="a", compatibility_level="FULL", normalize=True, alias="b"))
        value = driven.ask(ChangeConfig(scope="a", alias=None, validate_fields=True))
        assert value == ConfigValue(subject="a", compatibility_level="FULL", normalize=True, validate_fields=True)
        driven.ask(DeleteConfig(scope="a"))
        assert driven.registry.state.configs == {}

    def test_a_subjects_own_holds_before_its_contexts_and_that_before_all(self, driven: Driven) -> None:
        state = driven.registry.state

        def level(subject: str | None) -> str | None:
            return config_of(state, subject, level="BACKWARD").compatibility_level

        assert level("a") == "BACKWARD"
        driven.ask(ChangeConfig(scope=":.__GLOBAL:", compatibility_level="NONE"))
        assert (level("a"), level(":.ctx:a")) == ("NONE", "NONE")
        driven.ask(ChangeConfig(compatibility_level="FORWARD"))
        assert (level("a"), level(":.ctx:a"), level(None)) == ("FORWARD", "NONE", "FORWARD")
        driven.ask(ChangeConfig(scope=":.ctx:", compatibility_level="FULL"))
        driven.ask(ChangeConfig(scope=":.ctx:a", normalize=True))
        assert (level(":.ctx:b"), level(":.ctx:a")) == ("FULL", "BACKWARD")

    def test_a_subjects_own_takes_what_it_lacks_from_that_of_all(self, driven: Driven) -> None:
        driven.ask(ChangeConfig(normalize=True, compatibility_group="g", alias="x"))
        driven.ask(ChangeConfig(scope="a", compatibility_level="FULL"))
        config = config_of(driven.registry.state, "a", level="BACKWARD")
        assert (config.normalize, config.compatibility_group, config.alias) == (True, "g", None)

    def test_none_is_changed_where_one_may_only_read(self, driven: Driven) -> None:
        driven.ask(SetMode(scope=":.ctx:", mode=Mode.READONLY))
        refusal = NotPermitted("Subject :.ctx:a in context :.ctx: is in read-only mode")
        assert driven.ask(ChangeConfig(scope=":.ctx:a", normalize=True)) == refusal
        assert driven.ask(DeleteConfig(scope=":.ctx:a")) == refusal


class TestModes:
    def test_only_what_is_empty_begins_to_import(self, driven: Driven) -> None:
        driven.register(":.ctx:a", '"int"')
        refusal = NotPermitted("Cannot import since found existing subjects")
        assert driven.ask(SetMode(scope=":.ctx:", mode=Mode.IMPORT)) == refusal
        assert driven.ask(SetMode(scope="a", mode=Mode.IMPORT)) is None
        driven.ask(DeleteSubject(subject=":.ctx:a"))
        assert driven.ask(SetMode(scope=":.ctx:", mode=Mode.IMPORT)) is None
        assert list(driven.registry.state.subjects) == []

    def test_unless_it_is_forced(self, driven: Driven) -> None:
        driven.register("a")
        assert driven.ask(SetMode(mode=Mode.IMPORT, force=True)) is None
        assert mode_of(driven.registry.state, "a") is Mode.IMPORT

    def test_what_others_refer_to_is_not_cleared_for_an_import(self, driven: Driven) -> None:
        driven.register("a")
        driven.register(":.x:b", '"a"', references=(Reference(name="a", subject="a", version=1),))
        driven.register(":.x:a")
        driven.register(":.y:b", '"a"', references=(Reference(name="a", subject=":.x:a", version=1),))
        driven.ask(DeleteSubject(subject=":.y:b"))
        driven.ask(DeleteSubject(subject=":.x:b"))
        driven.ask(DeleteSubject(subject=":.x:a"))
        assert driven.ask(SetMode(scope=":.x:", mode=Mode.IMPORT)) == ReferenceExists(":.x:a", 1)

    def test_a_contexts_can_be_taken_away_with_those_of_its_subjects(self, driven: Driven) -> None:
        for scope in (":.ctx:", ":.ctx:a", "a"):
            driven.ask(SetMode(scope=scope, mode=Mode.READONLY))
        driven.ask(DeleteMode(scope=":.ctx:", recursive=True))
        assert list(driven.registry.state.modes) == ["a"]


def test_a_context_is_deleted_when_nothing_is_left_in_it(driven: Driven) -> None:
    driven.register(":.ctx:a")
    driven.ask(DeleteSubject(subject=":.ctx:a"))
    assert driven.ask(DeleteContext(context=".ctx")) == ContextNotEmpty(":.ctx:")
    driven.ask(DeleteSubject(subject=":.ctx:a", permanent=True))
    assert driven.ask(DeleteContext(context=".ctx")) is None
    assert driven.registry.state.contexts == {}


SUBJECTS = st.sampled_from(["a", "b", ":.x:a"])
REQUESTS = st.one_of(
    st.tuples(st.just("register"), SUBJECTS, st.integers(1, 3)),
    st.tuples(st.just("version"), SUBJECTS, st.integers(1, 3)),
    st.tuples(st.just("version for good"), SUBJECTS, st.integers(1, 3)),
    st.tuples(st.just("subject"), SUBJECTS, st.just(0)),
    st.tuples(st.just("subject for good"), SUBJECTS, st.just(0)),
)


@given(st.lists(REQUESTS, max_size=30))
def test_an_id_means_one_schema_for_ever_and_a_snapshot_tells_all(requests: list[tuple[str, str, int]]) -> None:
    driven = Driven()
    meanings: dict[tuple[str, int], str] = {}
    for what, subject, number in requests:
        match what:
            case "register":
                answer = driven.register(subject, f'"t{number}"')
                context = ".x" if subject.startswith(":.x:") else "."
                assert meanings.setdefault((context, answer.id), f'"t{number}"') == f'"t{number}"'
            case "version" | "version for good":
                driven.ask(DeleteVersion(subject=subject, version=number, permanent=what.endswith("good")))
            case _:
                driven.ask(DeleteSubject(subject=subject, permanent=what.endswith("good")))
    copy = Registry()
    for record in driven.registry.snapshot():
        copy.replay(record)
    assert copy.state.subjects == driven.registry.state.subjects
    assert copy.state.contexts == driven.registry.state.contexts
    for context in (".", ".x"):
        assert copy.state.ids(context).users == driven.registry.state.ids(context).users
