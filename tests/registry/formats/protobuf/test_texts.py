"""`.proto` texts: what is stored, what is normalised, what is told of them."""

import re

import pytest
from tests.registry.formats.protobuf.text_cases import Case, cases, references

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.format import ProtobufFormat, ProtobufSchema

CASES = cases("texts.cases", "schema")
VALID = [case for case in CASES if "invalid" not in case]
INVALID = [case for case in CASES if "invalid" in case]
PLACE = re.compile(r"(Syntax error in )?:\d+:\d+:? ?")
"""Is not always where Wire says it is."""


def shown(case: Case) -> str:
    return case["schema"][-60:]


def parsed(case: Case) -> ProtobufSchema:
    return ProtobufFormat().parse(
        Source(text=case["schema"].removesuffix("\n"), references=references(case)), strict=True
    )


def test_there_are_cases_enough() -> None:
    assert len(VALID) >= 250
    assert len(INVALID) >= 80


@pytest.mark.parametrize("case", VALID, ids=shown)
def test_a_schemas_texts_are_those_that_confluent_gives_it(case: Case) -> None:
    schema = parsed(case)
    assert schema.text == case["text"]
    assert schema.normalized().text == case.get("normalized", case["text"])
    assert schema.formatted("ignore_extensions") == case.get("plain", case["text"])


@pytest.mark.parametrize("case", VALID, ids=shown)
def test_a_schemas_name_and_tags_are_told(case: Case) -> None:
    schema = parsed(case)
    tags = [f"{entity.path} {entity.type} {' '.join(tags)}\n" for entity, tags in schema.tags().items()]
    assert f"{schema.name or ''}\n" == case.get("name", "\n")
    assert "".join(tags) == case.get("tags", "")


@pytest.mark.parametrize("case", [case for case in VALID if "serialized" in case], ids=shown)
def test_a_schema_is_serialized_as_confluent_does_it(case: Case) -> None:
    assert f"{parsed(case).formatted('serialized')}\n" == case["serialized"]


@pytest.mark.parametrize("case", VALID, ids=shown)
def test_a_stored_text_is_its_own(case: Case) -> None:
    again = parsed({**case, "schema": case["text"]})
    assert again.text == case["text"]
    assert again.normalized().text == case.get("normalized", case["text"])


@pytest.mark.parametrize("case", INVALID, ids=shown)
def test_what_confluent_refuses_is_refused_in_its_words(case: Case) -> None:
    with pytest.raises(InvalidSchema) as refused:
        parsed(case)
    assert PLACE.sub("", f"{refused.value.why}\n") == PLACE.sub("", case["invalid"])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("message M {\n  int32 a = 1;\n}", ":2:3: unexpected label: int32"),
        ('syntax = "proto3";\nmessage M { /* b */ int32 a 1; }', ":2:30: expected '=' but was '1'"),
        ("message M {\n\n", ":3:1: unexpected end of file"),
        ("message M { } /*", ":1:15: unterminated comment"),
        ('option a = "b', ":1:14: unterminated string"),
    ],
)
def test_an_error_says_where_it_is(text: str, place: str) -> None:
    with pytest.raises(InvalidSchema) as refused:
        ProtobufFormat().parse(Source(text=text), strict=True)
    assert refused.value.why == f"Could not parse Protobuf - Syntax error in {place}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("message M {" * 100_000, id="open messages"),
        pytest.param("message M {" * 5_000 + "}" * 5_000, id="nested messages"),
        pytest.param("option a = " + "{a: " * 100_000, id="open options"),
        pytest.param("option a = " + "[" * 5_000 + "]" * 5_000 + ";", id="nested lists"),
        pytest.param('syntax = "proto3"; message M {' + "map<string, " * 50_000 + "}", id="nested maps"),
        pytest.param("/*" * 500_000, id="open comments"),
        pytest.param('option a = "' + "\\" * 500_001, id="an open string"),
        pytest.param("message M { optional int32 a = " + "9" * 1_000_000 + "; }", id="a long number"),
        pytest.param("option a = 1e" + "9" * 1_000 + "; message M { optional Unknown a = 1; }", id="a large exponent"),
        pytest.param("optional " * 500_000, id="labels"),
        pytest.param(f"message M {{ optional M a = 1 [{', '.join(['(b).c = 1'] * 5_000)}]; }}", id="many options"),
        pytest.param(f"message M {{ {'option (b).c = 1;' * 5_000} }}", id="many statements of options"),
    ],
)
def test_a_hostile_text_is_an_invalid_schema(text: str) -> None:
    with pytest.raises(InvalidSchema):
        ProtobufFormat().parse(Source(text=text), strict=True)


def test_an_enum_of_fifty_thousand_constants_is_taken() -> None:
    constants = "".join(f"C{number} = {number};" for number in range(50_000))
    schema = ProtobufFormat().parse(Source(text=f"enum E {{ {constants} }}"), strict=True)
    assert schema.text.count("\n") == 50_003


def test_an_unknown_form_is_the_usual_one() -> None:
    schema = ProtobufFormat().parse(Source(text="message M {}"), strict=True)
    assert schema.formatted("made-up") == schema.text


def test_a_type_that_nobody_declares_is_known_to_be_missing_when_it_is_new_only() -> None:
    source = Source(text="message M { optional Unknown a = 1; }")
    assert ProtobufFormat().parse(source, strict=False).name == "M"
    with pytest.raises(InvalidSchema, match="Could not resolve type: Unknown"):
        ProtobufFormat().parse(source, strict=True)


@pytest.mark.parametrize("text", ["message M {\r\n\toptional int32 a = 1;\r\n}\r\n", "", " \n"])
def test_what_stands_around_words_means_nothing(text: str) -> None:
    plain = text.replace("\r", "").replace("\t", " ")
    parse = ProtobufFormat().parse
    assert parse(Source(text=text), strict=True).text == parse(Source(text=plain), strict=True).text


def test_a_field_is_found_in_any_message_but_not_in_a_oneof() -> None:
    text = 'syntax = "proto3"; message M { int32 a = 1; oneof o { int32 b = 2; } } message N { int32 c = 1; }'
    schema = ProtobufFormat().parse(Source(text=text), strict=True)
    assert [name for name in "abcd" if schema.has_field(name)] == ["a", "c"]


def test_a_file_that_only_imports_another_is_named_after_that() -> None:
    source = Source(text='import public "r.proto";', references={"r.proto": "package r; message R {}"})
    assert ProtobufFormat().parse(source, strict=True).name == "r.R"


def test_an_edition_is_read_though_confluent_does_not() -> None:
    text = 'edition = "2023"; message M { reserved foo, 5; int32 a = 1 [features.field_presence = IMPLICIT]; M m = 2; }'
    schema = ProtobufFormat().parse(Source(text=text), strict=True)
    assert schema.text == (
        'edition = "2023";\n\nmessage M {\n  reserved foo, 5;\n\n'
        "  int32 a = 1 [features.field_presence = IMPLICIT];\n  M m = 2;\n}\n"
    )
    assert "  reserved 5;\n  reserved foo;\n" in schema.normalized().text
    assert "  .M m = 2;\n" in schema.normalized().text


@pytest.mark.parametrize(
    "text",
    [
        "message M { optional int32 a = 1; optional int32 b = 1; }",
        "message M { optional int32 a = 1; optional int32 a = 2; }",
        "message M { optional int32 a = 0; }",
        'syntax = "proto3"; enum E { A = 1; }',
        "message M { optional A a = 1; } enum A { B = 0; } message N { enum C { D = 0; D = 1; } }",
        'edition = "1999"; message M {}',
        "option optimize_for = FASTER; message M {}",
        "option java_package = {a: 1}; message M {}",
    ],
)
def test_what_wire_takes_and_protobuf_does_not_is_found_where_fields_are_checked(text: str) -> None:
    schema = ProtobufFormat().parse(Source(text=text), strict=True)
    with pytest.raises(InvalidSchema):
        schema.check_fields()


def test_fields_are_checked_with_all_that_is_imported() -> None:
    middle = 'syntax = "proto3"; package m; import public "r.proto"; message Middle { r.R r = 1; }'
    references = {"r.proto": 'syntax = "proto3"; package r; message R { google.type.Date d = 1; }', "m.proto": middle}
    references["r.proto"] = references["r.proto"].replace("package r;", 'package r; import "google/type/date.proto";')
    text = 'syntax = "proto3"; import "m.proto"; import "not/here.proto"; message M { m.Middle a = 1; map<string, r.R> b_c = 2; }'
    ProtobufFormat().parse(Source(text=text, references=references), strict=True).check_fields()


@pytest.mark.parametrize("text", ["not base64 !", "aGVsbG8=", "aGVsbG8", "CgE"])
def test_what_is_neither_text_nor_descriptor_is_called_a_bad_text(text: str) -> None:
    with pytest.raises(InvalidSchema, match="Syntax error"):
        ProtobufFormat().parse(Source(text=text), strict=False)
