"""Schemas as people have them: in files whose names say the format, laid out over several lines, one beside another."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from headwater.cli.failures import Complaint
from headwater.kernel.real.disk import RealDisk

AVRO, JSON, PROTOBUF = "AVRO", "JSON", "PROTOBUF"
_TYPES: Final = {".avsc": AVRO, ".json": JSON, ".proto": PROTOBUF}
_REFERENCE: Final = re.compile(r"(?P<name>[^=]+)=(?P<subject>.+):(?P<version>latest|-?\d+)")
_LATEST: Final = -1


def read_schema(file: str, type_: str | None, references: Sequence[str]) -> dict[str, Any]:
    """As the API takes it. The type follows from the file's name where none is given."""
    found = (type_ or _TYPES.get(PurePath(file).suffix, "")).upper()
    if found not in _TYPES.values():
        raise Complaint(f"what {file} is can't be told from its name; say --type AVRO, JSON or PROTOBUF")
    try:
        text = RealDisk().read(file).decode()
    except UnicodeDecodeError as problem:
        raise Complaint(f"{file} can't be read: {problem}") from problem
    body: dict[str, Any] = {"schema": text, "schemaType": found}
    if references:
        body["references"] = [_reference(each) for each in references]
    return body


def is_file(text: str) -> bool:
    return RealDisk().exists(text)


def _reference(text: str) -> dict[str, Any]:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise Complaint(f"{text!r} is no reference: NAME=SUBJECT:VERSION, such as com.acme.Address=address:2")
    version = match["version"]
    return {**match.groupdict(), "version": _LATEST if version == "latest" else int(version)}


def type_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("schemaType") or AVRO)


def laid_out(schema: Mapping[str, Any]) -> str:
    """Over several lines, so that it can be read and compared."""
    text = str(schema["schema"])
    if type_of(schema) == PROTOBUF:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def differing_lines(old: str, new: str, *, names: tuple[str, str]) -> Iterator[str]:
    """As `diff -u` has them."""
    return (
        line.rstrip("\n") for line in difflib.unified_diff(old.split("\n"), new.split("\n"), *names, lineterm="", n=3)
    )
