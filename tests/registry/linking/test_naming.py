"""Which subjects are copied, and what they are called where they come to."""

import pytest

from headwater.registry.contracts import Reference
from headwater.registry.errors import InvalidExporterSubjects
from headwater.registry.linking.naming import Naming, check_contexts, patterns_of
from headwater.registry.linking.records import ContextType, Exporter


def naming(*subjects: str, **more: object) -> Naming:
    said = {"context_type": ContextType.NONE, **({"subjects": subjects} if subjects else {}), **more}
    return Naming(Exporter(name="e", **said), own_name="here")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("*", ["a", "orders"], [":.ctx:a"]),
        ("orders", ["orders"], ["orders-value", ":.ctx:orders"]),
        ("orders*", ["orders", "orders-value"], ["order"]),
        (":.ctx:*", [":.ctx:a"], ["a", ":.other:a"]),
        (":.ctx:", [":.ctx:a"], ["a"]),
        (".ctx", [":.ctx:a"], ["a", ".ctx"]),
        (":.ctx:a*", [":.ctx:ab"], [":.ctx:b", "ab"]),
        (":*:", ["a", ":.ctx:a"], []),
        (":*:a*", ["ab", ":.ctx:a"], ["b"]),
    ],
)
def test_a_pattern_takes_some_and_leaves_others(pattern: str, taken: list[str], left: list[str]) -> None:
    named = naming(pattern)
    assert [each for each in (*taken, *left) if named.takes(each)] == taken


@pytest.mark.parametrize("subjects", [[], [""], ["a*b"], ["*a"]])
def test_what_is_no_pattern_is_told(subjects: list[str]) -> None:
    with pytest.raises(InvalidExporterSubjects):
        patterns_of(subjects)


@pytest.mark.parametrize(
    ("context_type", "plain", "qualified"),
    [
        (ContextType.NONE, "a", ":.ctx:a"),
        (ContextType.CUSTOM, ":.mine:a", ":.mine.ctx:a"),
        (ContextType.DEFAULT, "a", "a"),
        (ContextType.AUTO, ":.lsrc-fcec91:a", ":.lsrc-fcec91.ctx:a"),
    ],
)
def test_contexts_become_what_the_exporter_says(context_type: ContextType, plain: str, qualified: str) -> None:
    named = naming(":*:", context_type=context_type, context="mine")
    assert (named.subject("a"), named.subject(":.ctx:a")) == (plain, qualified)


def test_contexts_whose_ids_would_meet_are_refused() -> None:
    for subjects in ((":*:",), ("a", ":.ctx:a")):
        exporter = Exporter(name="e", context_type=ContextType.DEFAULT, subjects=subjects)
        with pytest.raises(InvalidExporterSubjects):
            check_contexts(exporter)


def test_subjects_and_keks_are_renamed() -> None:
    named = naming(subject_rename_format="dc_${subject}", kek_rename_format="${kek}_dc")
    assert (named.subject(":.ctx:orders"), named.kek("aws")) == (":.ctx:dc_orders", "aws_dc")


def test_a_reference_that_means_the_same_there_stays_as_it_is() -> None:
    within, elsewhere = Reference(name="c", subject="c", version=1), Reference(name="c", subject=":.o:c", version=1)
    assert naming().reference(":.x:a", within) is within
    assert naming().reference(":.x:a", elsewhere) is elsewhere
    custom = naming(context_type=ContextType.CUSTOM, context=".mine")
    assert custom.reference(":.x:a", within) is within
    assert custom.reference(":.x:a", elsewhere).subject == ":.mine.o:c"
    assert naming(subject_rename_format="dc_${subject}").reference(":.x:a", within).subject == ":.x:dc_c"
