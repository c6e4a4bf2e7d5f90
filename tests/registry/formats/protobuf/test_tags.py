"""Tags in a file's text: told, added and removed as Confluent does it. The texts were observed from it."""

import pytest

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Source, Tags
from headwater.registry.formats.protobuf.format import ProtobufFormat, ProtobufSchema

TEXT = """syntax = "proto3";
package p;

message M {
  option (confluent.message_meta) = {
    tags: [
      "T",
      "U"
    ],
    doc: "m"
  };

  string a = 1 [
    deprecated = true,
    (confluent.field_meta).tags = "PII"
  ];
  int32 b = 2;

  oneof o {
    int32 c = 3;
  }

  message N {
    int32 d = 1;
  }
}
"""


def schema() -> ProtobufSchema:
    return ProtobufFormat().parse(Source(text=TEXT), strict=True)


def field(path: str, *tags: str) -> Tags:
    return {Entity(path=path, type=EntityType.FIELD): tags}


def record(path: str, *tags: str) -> Tags:
    return {Entity(path=path, type=EntityType.RECORD): tags}


def test_tags_are_told_by_the_names_of_messages_and_fields() -> None:
    assert schema().tags() == {**record("M", "T", "U"), **field("M.a", "PII")}


def test_a_field_gets_a_tag() -> None:
    expected = 'int32 b = 2 [(confluent.field_meta) = {\n    tags: [\n      "X"\n    ]\n  }];'
    assert schema().tagged(add=field("M.b", "X"), remove={}).text == TEXT.replace("int32 b = 2;", expected)


def test_what_is_tagged_already_keeps_its_tags_and_has_its_options_in_javas_order() -> None:
    tagged = schema().tagged(add=field(".M.a", "X", "PII"), remove={})
    assert tagged.text == TEXT.replace(
        '    deprecated = true,\n    (confluent.field_meta).tags = "PII"\n',
        '    (confluent.field_meta) = {\n      tags: [\n        "PII",\n        "X"\n      ]\n    },\n    deprecated = true\n',
    )


@pytest.mark.parametrize("path", ["M.c", "M.o.c", "M.N.d"])
def test_fields_in_oneofs_and_in_nested_messages_are_found(path: str) -> None:
    told = {"M.o.c": "M.c"}.get(path, path)
    assert schema().tagged(add=field(path, "X"), remove={}).tags() == {**schema().tags(), **field(told, "X")}


def test_tags_are_removed_after_others_are_added() -> None:
    tagged = schema().tagged(add=record("M", "V"), remove={**record("M", "T", "V"), **field("M.a", "PII")})
    assert tagged.tags() == record("M", "U")
    assert "field_meta" not in tagged.text


@pytest.mark.parametrize(
    ("entity", "why"),
    [
        (record("Z", "X"), "No matching Message with name 'Z' found in the schema"),
        (field("M.z", "X"), "No matching Field with name 'z' found in the schema"),
        (field("a", "X"), "No matching Field with name 'a' found in the schema"),
        (record("p.M", "X"), "No matching Message with name 'p' found in the schema"),
    ],
)
def test_what_is_not_there_is_not_tagged(entity: Tags, why: str) -> None:
    with pytest.raises(InvalidSchema) as refused:
        schema().tagged(add=entity, remove={})
    assert refused.value.why == why
