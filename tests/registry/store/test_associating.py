"""Which resources may be associated with which subjects."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from tests.registry.store.registry_machine import Driven

from headwater.registry.content import Content
from headwater.registry.contracts import Reference
from headwater.registry.errors import (
    AssociationFrozen,
    InvalidAssociation,
    NoActiveVersion,
    NotPermitted,
    RegistryError,
    ResourceAssociated,
    SubjectAssociated,
    SubjectOwned,
    SubjectReferenced,
)
from headwater.registry.store.associations import Lifecycle, Wanted
from headwater.registry.store.machine import Registry
from headwater.registry.store.modes import Mode
from headwater.registry.store.records import AssociationKey, AssociationValue, ContextKey, SchemaKey
from headwater.registry.store.requests import (
    Associate,
    Associated,
    DeleteSubject,
    DeleteVersion,
    Dissociate,
    Moved,
    Offered,
    Register,
    Registered,
    SetMode,
    WantedAssociation,
)

STRONG, WEAK = Lifecycle.STRONG, Lifecycle.WEAK
OWN = ":.lkc:orders-value"


@pytest.fixture
def driven() -> Driven:
    return Driven()


def weak(subject: str | None = "shared", **more: Any) -> WantedAssociation:
    return WantedAssociation(**{"type": "value", "subject": subject, **more})


def strong(driven: Driven, *, text: str = '"int"', **more: Any) -> WantedAssociation:
    """With a schema, as a new topic comes."""
    wanted = {"type": "value", "lifecycle": STRONG, "frozen": True, **more}
    wanted.setdefault("subject", f":.lkc:orders-{wanted['type']}")
    return WantedAssociation(schema=offered(driven, wanted["subject"], text), **wanted)


def offered(driven: Driven, subject: str, text: str = '"int"', **more: Any) -> Offered:
    there = driven.registry.state.versions(subject)
    register = Register(
        subject=subject, content=Content(type="AVRO", text=text), compared=tuple(each.version for each in there)
    )
    return Offered(register=register, is_known=any(each.schema == text for each in there), **more)


def asked(*associations: WantedAssociation, create: bool = False, **more: Any) -> Associate:
    resource = {"resource_name": "orders", "resource_namespace": "lkc", "resource_id": "id", "resource_type": "topic"}
    return Associate(associations=associations, is_create=create, **{**resource, **more})


def created(driven: Driven, *associations: WantedAssociation, **more: Any) -> Any:
    filled = (
        each
        if each.lifecycle
        else WantedAssociation(type=each.type, subject=each.subject, lifecycle=WEAK, frozen=False)
        for each in associations
    )
    return driven.ask(asked(*filled, create=True, **more))


def stored(driven: Driven, resource_id: str = "id", **wanted: Any) -> list[tuple[str | None, str | None, bool]]:
    found = driven.registry.state.associations.of_id(resource_id, Wanted(**wanted))
    return [(each.subject, each.lifecycle, each.frozen) for each in found]


class TestSharing:
    def test_a_resource_is_associated_with_a_subject_that_has_a_schema(self, driven: Driven) -> None:
        assert created(driven, weak()) == NoActiveVersion("shared")
        driven.register("shared")
        value = AssociationValue(
            resource_name="orders",
            resource_namespace="lkc",
            resource_id="id",
            resource_type="topic",
            association_type="value",
            subject="shared",
            lifecycle="WEAK",
            timestamp=0,
        )
        [written] = created(driven, weak()).written
        assert replace(written, guid=None) == value
        assert len(written.guid) == 36
        [record] = driven.written
        assert record.key == AssociationKey(
            resource_name="orders",
            resource_namespace="lkc",
            resource_type="topic",
            association_type="value",
            subject="shared",
        )

    def test_many_share_a_subject_and_one_asked_again_changes_nothing(self, driven: Driven) -> None:
        driven.register("shared")
        created(driven, weak())
        assert created(driven, weak(), resource_id="id2", resource_name="bills").written
        assert created(driven, weak()) == Associated()
        assert driven.written == ()
        of_subject = driven.registry.state.associations.of_subject("shared")
        assert [each.resource_id for each in of_subject] == ["id2", "id"]

    def test_a_second_one_of_its_type_is_refused(self, driven: Driven) -> None:
        driven.register("shared")
        driven.register("other")
        created(driven, weak())
        assert created(driven, weak("other")) == ResourceAssociated("value", "orders")
        changed = InvalidAssociation("subject", "subject of association cannot be changed from 'shared' to 'other'")
        assert driven.ask(asked(weak("other", lifecycle=WEAK))) == changed

    def test_what_a_dry_run_asks_is_checked_and_not_written(self, driven: Driven) -> None:
        driven.register("shared")
        assert created(driven, weak(), is_dry_run=True, resource_id=None) == Associated()
        assert driven.written == ()
        created(driven, weak())
        driven.register("other")
        again = created(driven, weak("other"), is_dry_run=True, resource_id=None)
        assert again == ResourceAssociated("value", "orders")

    def test_an_update_adds_one_that_is_weak_unless_it_says_otherwise(self, driven: Driven) -> None:
        driven.register("shared")
        assert driven.ask(asked(weak(None))) == InvalidAssociation("subject", "must be provided for WEAK associations")
        assert driven.ask(asked(weak())).written[0].lifecycle == "WEAK"
        refusal = driven.ask(asked(weak("shared", type="key", lifecycle=STRONG)))
        assert "frozen associations must use subject ':.lkc:orders-key'" in str(refusal)
        refusal = driven.ask(asked(weak(":.lkc:orders-key", type="key", lifecycle=STRONG)))
        assert "STRONG associations must be created with the topic" in str(refusal)
        refusal = driven.ask(asked(weak("shared", type="key", schema=offered(driven, "shared"))))
        assert "cannot be provided when adding an association to an existing topic" in str(refusal)

    def test_the_subject_that_only_the_resource_can_have_is_not_shared(self, driven: Driven) -> None:
        driven.register(OWN)
        refusal = InvalidAssociation("subject", f"WEAK associations cannot use subject '{OWN}'")
        assert created(driven, weak(OWN)) == refusal

    def test_nothing_changes_where_the_subject_is_read_only(self, driven: Driven) -> None:
        driven.register("shared")
        created(driven, weak())
        driven.ask(SetMode(scope="shared", mode=Mode.READONLY))
        refusal = NotPermitted("Subject shared in context . is in read-only mode")
        assert created(driven, weak()) == refusal
        assert driven.ask(Dissociate(resource_id="id", resource_type="topic")) == refusal

    def test_a_type_stands_once_in_a_request(self, driven: Driven) -> None:
        driven.register("shared")
        assert "may only appear once per request, but 'value' appears" in str(created(driven, weak(), weak()))


class TestOwning:
    def test_a_new_resource_brings_its_schemas(self, driven: Driven) -> None:
        answer = created(driven, strong(driven), strong(driven, type="key", text='"long"'))
        assert answer.registered == {
            "value": Registered(id=1, version=1, is_new=True),
            "key": Registered(id=2, version=1, is_new=True),
        }
        assert [type(each.key) for each in driven.written] == [
            ContextKey,
            SchemaKey,
            SchemaKey,
            AssociationKey,
            AssociationKey,
        ]
        assert stored(driven) == [(":.lkc:orders-key", "STRONG", True), (OWN, "STRONG", True)]
        assert stored(driven, types=("key",)) == stored(driven)[:1]
        assert stored(driven, lifecycle="WEAK") == stored(driven, resource_type="link") == []

    def test_two_schemas_of_one_text_get_one_id(self, driven: Driven) -> None:
        answer = created(driven, strong(driven), strong(driven, type="key"))
        assert [each.id for each in answer.registered.values()] == [1, 1]

    def test_asking_again_with_the_same_schema_changes_nothing(self, driven: Driven) -> None:
        created(driven, strong(driven))
        again = created(driven, strong(driven))
        assert again == Associated(registered={"value": Registered(id=1, version=1, is_new=False)})
        assert created(driven, strong(driven, text='"long"')) == ResourceAssociated("value", "orders")

    def test_it_needs_a_schema_and_a_subject_without_others(self, driven: Driven) -> None:
        bare = WantedAssociation(type="value", subject=OWN, lifecycle=STRONG, frozen=True)
        assert "schema must be provided when creating a frozen association" in str(created(driven, bare))
        driven.register(OWN, '"long"')
        assert "when schemas already exist" in str(created(driven, strong(driven)))
        assert created(driven, strong(driven, text='"long"')).written

    def test_a_schema_that_was_compared_with_less_than_is_there_is_to_be_compared_again(self, driven: Driven) -> None:
        late = strong(driven)
        driven.register(OWN)
        assert created(driven, late) == Moved()

    def test_an_incompatible_schema_is_told_when_nothing_else_is_wrong(self, driven: Driven) -> None:
        refusal = NotPermitted("incompatible")
        wanted = WantedAssociation(
            type="value",
            subject=OWN,
            lifecycle=STRONG,
            frozen=True,
            schema=offered(driven, OWN, refusal=refusal),
        )
        assert created(driven, wanted) == refusal
        assert driven.written == ()

    def test_what_one_owns_nobody_else_uses(self, driven: Driven) -> None:
        created(driven, strong(driven))
        others = {"resource_id": "id2", "resource_name": "bills"}
        assert created(driven, weak(OWN), **others) == SubjectOwned(OWN)
        reference = Reference(name="o", subject=OWN, version=1)
        refusal = NotPermitted(f"Subject '{OWN}' has a strong association and cannot be referenced")
        assert driven.register("b", '"o"', references=(reference,)) == refusal

    def test_what_others_use_nobody_owns(self, driven: Driven) -> None:
        driven.register(OWN)
        driven.register("b", '"o"', references=(Reference(name="o", subject=OWN, version=1),))
        assert created(driven, strong(driven)) == SubjectReferenced(OWN)
        driven.ask(DeleteSubject(subject="b"))
        assert created(driven, strong(driven)) == SubjectReferenced(OWN)
        driven.ask(DeleteSubject(subject="b", permanent=True))
        assert created(driven, weak(OWN), resource_id="id2", resource_name="bills").written
        assert created(driven, strong(driven)) == SubjectAssociated(OWN)

    def test_a_schema_of_the_same_request_cannot_refer_to_it_either(self, driven: Driven) -> None:
        referring = WantedAssociation(
            type="key",
            subject=":.lkc:orders-key",
            lifecycle=STRONG,
            frozen=True,
            schema=offered(driven, ":.lkc:orders-key", references=(Reference(subject="orders-value", version=1),)),
        )
        assert created(driven, strong(driven), referring) == SubjectReferenced(OWN)

    def test_all_of_a_resource_are_alike(self, driven: Driven) -> None:
        driven.register("shared")
        created(driven, weak())
        refusal = created(driven, strong(driven, type="key"))
        assert "must have the same lifecycle, but got value=WEAK, key=STRONG" in str(refusal)

    def test_what_is_frozen_does_not_change(self, driven: Driven) -> None:
        created(driven, strong(driven))
        shared = driven.ask(asked(weak(OWN, lifecycle=WEAK, frozen=False)))
        assert shared == InvalidAssociation("subject", f"WEAK associations cannot use subject '{OWN}'")
        assert driven.ask(asked(weak(None))) == Associated()
        changed = driven.ask(asked(weak(None, frozen=False)))
        assert "association with lifecycle of STRONG cannot be frozen=false" in str(changed)

    def test_it_is_imported_once_its_schemas_have_come(self, driven: Driven) -> None:
        driven.ask(SetMode(scope=":.lkc:", mode=Mode.IMPORT))
        wanted = WantedAssociation(type="value", lifecycle=STRONG)
        assert driven.ask(asked(wanted)) == NoActiveVersion(OWN)
        assert "in IMPORT mode" in str(created(driven, strong(driven)))
        driven.register(OWN, id=7, version=3)
        assert driven.ask(asked(wanted)).written[0].subject == OWN


class TestTakingAway:
    def test_a_shared_subject_stays(self, driven: Driven) -> None:
        driven.register("shared")
        created(driven, weak())
        assert driven.ask(Dissociate(resource_id="id", resource_type="topic", types=("key",))) is None
        assert driven.written == ()
        assert driven.ask(Dissociate(resource_id="id", resource_type="topic", cascade=True)) is None
        assert stored(driven) == []
        assert driven.registry.state.latest("shared") is not None

    def test_an_owned_one_goes_with_its_resource(self, driven: Driven) -> None:
        created(driven, strong(driven))
        gone = Dissociate(resource_id="id", resource_type="topic")
        assert driven.ask(gone) == AssociationFrozen("value", OWN)
        cascade = Dissociate(resource_id="id", resource_type="topic", cascade=True, is_dry_run=True)
        assert driven.ask(cascade) is None
        assert driven.written == ()
        driven.ask(Dissociate(resource_id="id", resource_type="topic", cascade=True))
        assert stored(driven) == []
        assert driven.registry.state.versions(OWN, deleted=True) == []

    def test_an_imported_one_leaves_its_subject(self, driven: Driven) -> None:
        created(driven, strong(driven))
        driven.ask(SetMode(scope=":.lkc:", mode=Mode.IMPORT, force=True))
        driven.ask(Dissociate(resource_id="id", resource_type="topic", cascade=True))
        assert driven.registry.state.latest(OWN) is not None

    def test_an_associated_subject_keeps_a_version(self, driven: Driven) -> None:
        driven.register("shared", '"int"')
        driven.register("shared", '"long"')
        created(driven, weak())
        assert driven.ask(DeleteSubject(subject="shared")) == SubjectAssociated("shared")
        assert driven.ask(DeleteVersion(subject="shared", version=1)) == 1
        assert driven.ask(DeleteVersion(subject="shared", version=2)) == NoActiveVersion("shared")
        assert driven.ask(DeleteVersion(subject="shared", version=1, permanent=True)) == 1


def test_resources_are_found_by_their_names_in_one_namespace_or_in_all(driven: Driven) -> None:
    driven.register("shared")
    for number, (namespace, name) in enumerate([("a", "orders"), ("b", "orders"), ("a", "bills")]):
        created(driven, weak(), resource_id=str(number), resource_name=name, resource_namespace=namespace)
    found = driven.registry.state.associations.of_name
    assert [each.resource_id for each in found("orders", "a")] == ["0"]
    assert [each.resource_id for each in found("orders", "-")] == ["0", "1"]
    assert [each.resource_id for each in found("-", "a")] == ["2", "0"]
    assert [each.resource_id for each in found("-", "-")] == ["2", "0", "1"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["share", "own", "update", "take away", "cascade", "delete", "delete for good"]),
        st.sampled_from(["r1", "r2"]),
        st.sampled_from(["s1", "s2"]),
        st.sampled_from(["key", "value"]),
    ),
    max_size=25,
)


@given(STEPS)
def test_what_is_owned_is_shared_with_nobody_and_a_snapshot_tells_all(steps: list[tuple[str, str, str, str]]) -> None:
    driven = Driven()
    for each in ("s1", "s2"):
        driven.register(each)
    for what, name, subject, type_ in steps:
        resource: dict[str, Any] = {"resource_id": name, "resource_name": name}
        match what:
            case "share":
                created(driven, weak(subject, type=type_), **resource)
            case "own":
                created(driven, strong(driven, type=type_, subject=f":.lkc:{name}-{type_}"), **resource)
            case "update":
                driven.ask(asked(weak(subject, type=type_), **resource))
            case "take away" | "cascade":
                driven.ask(
                    Dissociate(resource_id=name, resource_type="topic", types=(type_,), cascade=what == "cascade")
                )
            case _:
                driven.ask(DeleteSubject(subject=subject, permanent=what.endswith("good")))
    state = driven.registry.state
    by_subject: dict[str | None, list[str | None]] = {}
    for value in dict(state.associations.items()).values():
        by_subject.setdefault(value.subject, []).append(value.lifecycle)
        assert state.latest(value.subject or "") is not None
    assert all("STRONG" not in each or len(each) == 1 for each in by_subject.values())
    copy = Registry()
    for record in driven.registry.snapshot():
        copy.replay(record)
    assert dict(copy.state.associations.items()) == dict(state.associations.items())


def test_a_refusal_is_told_as_confluent_does() -> None:
    refusal: RegistryError = InvalidAssociation("frozen", "why")
    assert str(refusal) == "The association specified an invalid value for property: 'frozen', detail: why"
    assert refusal.code == 42212
    assert str(AssociationFrozen("key", "s")) == "The association of type  'key' is frozen for subject 's'"
