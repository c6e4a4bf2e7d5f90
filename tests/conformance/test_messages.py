"""Kafka's own message classes as the oracle, for every message and record at every version.

What we wrote, Kafka must read to the last byte, see the same values in (told by its JSON converters) and write again as
the same bytes. So the two codecs are equal both ways.
"""

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.wire.every_message import every_message
from tests.wire.made import made

from headwater.wire.apis import APIS, ApiKey
from headwater.wire.codec import encode_bytes
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import Unencodable
from headwater.wire.layout import Layout, Slot, layout_of
from headwater.wire.schema import ArrayOf, Message
from headwater.wire.types import Uuid, uuid_text

pytestmark = pytest.mark.java

HERE = Path(__file__).parent / "messages"
SAMPLES = 8
DEADLINE_S = 600

Oracle = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the jars in the user's own Maven repository, which Maven fills where one is missing."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("java and mvn are needed")
    listing = tmp_path_factory.mktemp("maven") / "class-path"
    maven = ["mvn", "--quiet", "--batch-mode", "--file", str(HERE / "pom.xml")]
    subprocess.run(
        [*maven, "dependency:build-classpath", f"-Dmdep.outputFile={listing}"], check=True, timeout=DEADLINE_S
    )
    return listing.read_text()


def run_java(class_path: str, program: str, *, lines: Iterable[str] = ()) -> list[str]:
    java = ["java", "-cp", class_path, str(HERE / program)]
    given = "".join(f"{each}\n" for each in lines)
    said = subprocess.run(java, input=given, stdout=subprocess.PIPE, encoding="utf-8", timeout=DEADLINE_S, check=True)
    return said.stdout.splitlines()


@pytest.fixture(scope="module")
def oracle(class_path: str) -> Oracle:
    return lambda questions: run_java(class_path, "MessageOracle.java", lines=questions)


def test_error_codes_and_apis_are_kafkas(class_path: str) -> None:
    errors = [f"error {each.name} {each} {str(each.retriable).lower()}" for each in ErrorCode]
    apis = [
        f"api {ApiKey(key).name} {key} {api.versions.first} {api.versions.last} {','.join(sorted(api.listeners))}"
        for key, api in APIS.items()
    ]
    assert errors + apis == run_java(class_path, "ProtocolTables.java")


def test_kafka_reads_the_same_values_and_writes_the_same_bytes(oracle: Oracle) -> None:
    messages = [
        (message, version)
        for kind in every_message()
        for version in kind.VERSIONS
        for message in samples(kind, version)
    ]
    frames = [encode_bytes(message, version).hex() for message, version in messages]
    answers = oracle(
        [f"{type(each).__name__} {version} {frame}" for (each, version), frame in zip(messages, frames, strict=True)]
    )
    for (message, version), frame, answer in zip(messages, frames, answers, strict=True):
        written, _, seen = answer.partition(" ")
        assert written == frame, f"{message} at version {version}: {answer}"
        assert_seen(layout_of(type(message), version), message, json.loads(seen))


def test_a_message_that_nobody_has_filled_is_the_same_in_both(oracle: Oracle) -> None:
    kinds = [(kind, version) for kind in every_message() for version in kind.VERSIONS]
    answers = oracle([f"{kind.__name__} {version} new" for kind, version in kinds])
    for (kind, version), answer in zip(kinds, answers, strict=True):
        frame = attempt(kind, version)
        if frame is None:
            # Its default is one that this version can't carry, which Kafka refuses too.
            assert answer.startswith("! "), f"{kind.__name__} at version {version}"
        else:
            assert answer.partition(" ")[0] == frame, f"{kind.__name__} at version {version}"


def attempt(kind: type[Message], version: int) -> str | None:
    try:
        return encode_bytes(kind(), version).hex()
    except Unencodable:
        return None


def samples(kind: type[Message], version: int) -> list[Message]:
    random = Random(f"{kind.__name__} {version}")
    return [made(kind, version, random) for _ in range(SAMPLES)]


def assert_seen(layout: Layout, structure: Any, seen: dict[str, Any]) -> None:
    """Kafka's JSON has each field of the version under its name, but for tagged ones that hold their default."""
    by_name = {name.lower(): value for name, value in seen.items()}
    for slot in layout.body + layout.tagged:
        value = getattr(structure, slot.name)
        name = slot.name.replace("_", "")
        if slot.type == "records" and value is not None:
            # The JSON has their size alone; the bytes were compared.
            assert by_name.pop(f"{name}sizeinbytes") == len(value)
        elif slot in layout.tagged and name not in by_name:
            assert value == slot.default
        else:
            assert_value(slot, value, by_name.pop(name))
    assert not by_name


def assert_value(slot: Slot, value: Any, seen: Any) -> None:
    element = slot.type.element if isinstance(slot.type, ArrayOf) else slot.type
    if isinstance(value, tuple):
        assert len(value) == len(seen)
        for ours, theirs in zip(value, seen, strict=True):
            assert_one(slot, element, ours, theirs)
    else:
        assert_one(slot, element, value, seen)


def assert_one(slot: Slot, element: Any, value: Any, seen: Any) -> None:
    if value is None:
        assert seen is None
    elif isinstance(element, type):
        assert_seen(slot.layout(element), value, seen)
    elif element == "uuid":
        assert uuid_text(Uuid(value)) == seen
    elif element == "bytes":
        assert b64encode(value).decode() == seen
    else:
        assert value == seen
