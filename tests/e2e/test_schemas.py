"""`headwater schema`, `produce --schema` and `consume --registry`, against a real `headwater up`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_cli import Up, end, start

ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "doc": "One order",
    "fields": [{"name": "id", "type": "long", "default": 0}],
}
ADDRESS = {"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "string"}]}
PERSON = {"type": "record", "name": "shop.Person", "fields": [{"name": "at", "type": "shop.Address"}]}
PROTO = 'syntax = "proto3";\npackage shop;\n\nmessage Payment {\n  int64 cents = 1;\n}\n'
EVENT = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Event", "type": "object", "required": ["kind"]}


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("up"), "up", "--registry-port", "0")
    yield running
    assert end(running) == 0


class Shell:
    """Commands beside files, and told where the registry is."""

    def __init__(self, up: Up, folder: Path) -> None:
        self._up = up
        self._folder = folder

    def file(self, name: str, schema: Any) -> str:
        path = self._folder / name
        path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        return str(path)

    def run(self, *arguments: str, given: str = "") -> str:
        return self._up.run(*arguments, "--registry", self._up.registry, given=given)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--output", "json"))

    def refused(self, *arguments: str) -> str:
        """What was said on either output; it must fail."""
        ended = self._up.attempt(*arguments, "--registry", self._up.registry)
        assert ended.returncode == 1, ended
        return ended.stdout + ended.stderr


@pytest.fixture
def shell(up: Up, tmp_path: Path) -> Shell:
    return Shell(up, tmp_path)


def with_field(**field: Any) -> dict[str, Any]:
    return {**ORDER, "fields": [*ORDER["fields"], field]}


def test_a_schema_is_registered_found_compared_and_deleted(shell):
    first = shell.file("order.avsc", ORDER)
    wrong = shell.file("wrong.avsc", with_field(name="note", type="string"))
    right = shell.file("right.avsc", with_field(name="note", type="string", default=""))
    registered = shell.json("schema", "register", "orders-value", first)
    assert (registered["subject"], registered["version"]) == ("orders-value", 1)
    assert shell.json("schema", "register", "orders-value", first) == registered, "it was there already"

    told = shell.refused("schema", "check", "orders-value", wrong)
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in told
    assert "To make it compatible: give the new field a default." in told
    assert shell.run("schema", "check", "orders-value", right, "--all") == "compatible\n"
    assert "incompatible with an earlier schema" in shell.refused("schema", "register", "orders-value", wrong)
    assert "version 2" in shell.run("schema", "register", "orders-value", right)

    lines = shell.json("schema", "diff", "orders-value", "1", "2")
    assert lines["compatible"] is True
    assert any(line.startswith("+") and "note" in line for line in lines["lines"])
    assert "not compatible" in shell.refused("schema", "diff", "orders-value", "1", wrong)

    rows = {row["subject"]: row for row in shell.json("schema", "list")}
    assert (rows["orders-value"]["version"], rows["orders-value"]["type"]) == (2, "AVRO")
    assert shell.json("schema", "show", "--id", str(registered["id"]))["schema"].startswith('{"type":"record"')
    assert '  "name": "Order"' in shell.run("schema", "show", "orders-value", "--version", "1")

    assert "deleted version 1" in shell.run("schema", "delete", "orders-value", "--version", "1", "--yes")
    assert "Version 1 not found" in shell.refused("schema", "show", "orders-value", "--version", "1")


def test_a_compatible_change_that_not_all_data_survives_is_warned_about(shell):
    narrow = shell.file("narrow.proto", 'syntax = "proto3"; message Sale { int32 amount = 1; }')
    wide = shell.file("wide.proto", 'syntax = "proto3"; message Sale { int64 amount = 1; }')
    assert shell.run("schema", "check", "sales-value", narrow, "--all") == "compatible\n", "nothing is there yet"
    shell.run("schema", "register", "sales-value", wide)
    warning = "But Sale.amount: was int64 and is int32: a number too large for it loses its upper half."
    assert shell.run("schema", "check", "sales-value", narrow) == f"compatible\n{warning}\n"
    assert shell.json("schema", "diff", "sales-value", "1", narrow)["warnings"] == [warning.removeprefix("But ")[:-1]]
    shell.run("schema", "config", "sales-value", "--set", "compatibility=FORWARD")
    assert shell.run("schema", "check", "sales-value", narrow) == "compatible\n"


def test_configs_and_modes_are_shown_and_changed(shell):
    assert shell.json("schema", "config")["compatibilityLevel"] == "BACKWARD"
    assert shell.json("schema", "config", "some-value", "--set", "compatibility=FULL")["compatibilityLevel"] == "FULL"
    assert shell.json("schema", "config", "some-value", "--reset")["compatibilityLevel"] == "BACKWARD"
    assert shell.json("schema", "mode", "some-value", "--set", "READONLY")["mode"] == "READONLY"
    assert "read-only" in shell.refused("schema", "register", "some-value", shell.file("a.avsc", ORDER))
    assert shell.json("schema", "mode", "some-value", "--reset")["mode"] == "READWRITE"


def test_a_tree_shows_what_is_referred_to_and_by_what(shell):
    shell.run("schema", "register", "address", shell.file("address.avsc", ADDRESS))
    reference = ("--reference", "shop.Address=address:1")
    shell.run("schema", "register", "person", shell.file("person.avsc", PERSON), *reference)
    person, address = shell.run("schema", "tree", "person").splitlines()
    assert person.startswith("person version 1 (id ")
    assert address.startswith("  address version 1 (id ")
    assert "used by the schemas with the ids" in shell.run("schema", "tree", "address")


def test_lint_ends_a_build_where_there_is_something_to_say(shell):
    assert "nothing to say" in shell.run("schema", "lint", shell.file("order.avsc", ORDER))
    assert "has no namespace" in shell.refused("schema", "lint", shell.file("bare.avsc", {**ORDER, "namespace": ""}))
    assert "Invalid schema" in shell.refused("schema", "lint", shell.file("none.avsc", "{"))


@pytest.mark.parametrize(
    ("topic", "file", "schema", "document"),
    [
        ("avro", "order.avsc", ORDER, '{"id":7}'),
        ("proto", "payment.proto", PROTO, '{"cents":"700"}'),
        ("events", "event.json", EVENT, '{"kind":"shipped"}'),
    ],
)
def test_documents_are_written_with_a_schema_and_come_back(shell, up, topic, file, schema, document):
    written = ("--schema", shell.file(file, schema), "--create")
    assert shell.run("produce", topic, *written, given=f"{document}\n") == f"sent 1 records to {topic}\n"
    assert shell.run("produce", topic, "--schema", f"{topic}-value", given=f"{document}\n")
    back = shell.run("consume", topic, "--from", "beginning", "--no-follow")
    assert [json.loads(line) for line in back.splitlines()] == [json.loads(document)] * 2
    raw = up.run("consume", topic, "--from", "beginning", "--no-follow", "--output", "json").splitlines()
    assert all("value_base64" in line or "\\u0000" in line for line in raw), "it is framed"


def test_a_document_that_does_not_fit_is_shown_and_nothing_is_sent(shell, up):
    ended = up.attempt(
        "produce", "unfit", "--schema", shell.file("order.avsc", ORDER), "--create", "--registry", up.registry,
        given='{"id":"seven"}\n',
    )  # fmt: skip
    assert ended.returncode == 1
    assert "does not fit the schema" in ended.stderr
    assert up.run("consume", "unfit", "--from", "beginning", "--no-follow") == ""
