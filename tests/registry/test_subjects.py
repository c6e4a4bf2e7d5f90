"""Subjects and their contexts."""

import pytest

from headwater.registry.subjects import Subject, beside, is_within, subject_of


@pytest.mark.parametrize(
    ("text", "subject", "shown"),
    [
        ("orders-value", Subject(".", "orders-value"), "orders-value"),
        (":.:orders", Subject(".", "orders"), "orders"),
        (":.staging:orders", Subject(".staging", "orders"), ":.staging:orders"),
        (":.staging:", Subject(".staging", ""), ":.staging:"),
        (":.staging", Subject(".staging", ""), ":.staging:"),
        (":.staging:a:b", Subject(".staging", "a:b"), ":.staging:a:b"),
        (":*:orders", Subject("*", "orders"), ":*:orders"),
        ("a:.b:c", Subject(".", "a:.b:c"), "a:.b:c"),
        (":orders", Subject(".", ":orders"), ":orders"),
        ("", Subject(".", ""), ""),
    ],
)
def test_a_subject_has_a_context_and_a_name(text: str, subject: Subject, shown: str) -> None:
    assert subject_of(text) == subject
    assert str(subject) == shown


def test_a_reference_without_a_context_is_of_its_parents() -> None:
    assert str(beside(":.staging:orders", "customer")) == ":.staging:customer"
    assert str(beside(":.staging:orders", ":.other:customer")) == ":.other:customer"
    assert str(beside("orders", "customer")) == "customer"


def test_a_scope_is_a_subject_a_context_or_everything() -> None:
    assert is_within(":.staging:orders", ":.staging:orders")
    assert is_within(":.staging:orders", ":.staging:")
    assert is_within(":.staging:orders", ":.__GLOBAL:")
    assert not is_within(":.staging:orders", ":.other:")
    assert not is_within("orders", ":.staging:")
    assert is_within("orders", ":.__GLOBAL:")
    assert not is_within(":.staging:orders", ":.staging:customers")
