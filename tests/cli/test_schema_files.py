"""Schemas in files, and what is said of them; what a registry answers is not needed for it."""

import json

import pytest

from headwater.cli.failures import Complaint
from headwater.cli.registry_session import opened
from headwater.cli.schema_advice import advice, remarks
from headwater.cli.schema_files import differing_lines, laid_out, read_schema
from headwater.kernel.errors import FileMissing

ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["A"]}, "default": "A"},
        {
            "name": "lines",
            "type": {"type": "array", "items": {"type": "record", "name": "Line", "doc": "One", "fields": []}},
        },
    ],
}


@pytest.mark.parametrize(("name", "type_"), [("a.avsc", "AVRO"), ("a.json", "JSON"), ("a.proto", "PROTOBUF")])
def test_a_files_name_says_its_type(tmp_path, name, type_):
    (tmp_path / name).write_text("text")
    assert read_schema(str(tmp_path / name), None, ()) == {"schema": "text", "schemaType": type_}


def test_what_a_name_does_not_say_is_asked_for(tmp_path):
    file = tmp_path / "schema.txt"
    file.write_text("text")
    with pytest.raises(Complaint, match="say --type AVRO, JSON or PROTOBUF"):
        read_schema(str(file), None, ())
    assert read_schema(str(file), "json", ())["schemaType"] == "JSON"
    with pytest.raises(FileMissing):
        read_schema(str(tmp_path / "no.avsc"), None, ())


def test_references_are_a_name_a_subject_and_a_version(tmp_path):
    file = tmp_path / "a.avsc"
    file.write_text("text")
    body = read_schema(str(file), None, ["com.acme.Address=:.ctx:address:2", "b=b-value:latest"])
    assert body["references"] == [
        {"name": "com.acme.Address", "subject": ":.ctx:address", "version": 2},
        {"name": "b", "subject": "b-value", "version": -1},
    ]
    with pytest.raises(Complaint, match="NAME=SUBJECT:VERSION"):
        read_schema(str(file), None, ["address"])


def test_schemas_are_compared_line_by_line():
    old, new = ({"schema": json.dumps({"type": "record", "name": name})} for name in ("A", "B"))
    lines = list(differing_lines(laid_out(old), laid_out(new), names=("1", "2")))
    assert lines[:2] == ["--- 1", "+++ 2"]
    assert '-  "name": "A"' in lines
    assert '+  "name": "B"' in lines


def test_a_text_that_is_no_json_is_laid_out_as_it_is():
    assert laid_out({"schema": "{"}) == "{"
    assert laid_out({"schema": 'syntax = "proto3";\n', "schemaType": "PROTOBUF"}) == 'syntax = "proto3";\n'


def test_advice_follows_from_the_rules_that_were_broken_each_once():
    told = "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'...'}"
    assert advice([told, told, "{oldSchemaVersion: 1}"]) == ["give the new field a default"]
    assert advice(["{errorType:'SOMETHING_NEW'}"]) == []


def test_a_careful_reader_remarks_on_what_will_hurt_later():
    found = remarks({"schema": json.dumps(ORDER), "schemaType": "AVRO"})
    assert [each.split(":")[0] for each in found] == ["Order", "Order", "Order.id", "Order.state", "Order.lines"]
    assert "enum without a default" in found[3]
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    assert len(remarks({"schema": json.dumps(schema), "schemaType": "JSON"})) == 4
    proto = 'syntax = "proto3";\n\nenum Colour {\n  RED = 0;\n}\n'
    assert remarks({"schema": proto, "schemaType": "PROTOBUF"}) == [
        "the file has no package, so its names may be another team's too",
        "enum Colour: its first value RED is what an unset field reads as",
    ]


@pytest.mark.parametrize("urls", ["", "localhost:8081", "http://a,b"])
def test_what_can_be_no_address_is_complained_about(urls):
    with pytest.raises(Complaint, match="http://HOST:PORT"):
        opened(urls, None)
    with pytest.raises(Complaint, match="NAME:PASSWORD"):
        opened("http://a", "ann")
