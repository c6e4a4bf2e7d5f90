"""Records as text: lines, JSON lines and CSV, in and out. Pure: bytes in, records out, and the other way.

    lines   in: a line is a value; before a separator stands its key, or a field of it (a JSON object) is the key
            out: the value, or whatever a template says
    json    an object a line: key, value, headers, timestamp; out also topic, partition, offset
    csv     in: the first row names the columns, a row becomes a JSON object, and a column may be the key
            out: values that are JSON objects become rows; others rows of key and value

A value that is a JSON object or array stands in a JSON line as it is, byte for byte; any other text as a string; bytes that
are no text in `value_base64`. So what `consume --output json` writes, `produce --input json` brings back.
"""

import csv
import io
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from headwater.cli.failures import Complaint
from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.header import NO_TIMESTAMP
from headwater.wire.batch.records import Headers, Record

_FIELD: Final = re.compile(r"\{(\w+)\}|\\(n|t|\\)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "\\": "\\"}
_OPENS_JSON: Final = (b"{", b"[")


class Form(StrEnum):
    LINES = "lines"
    JSON = "json"
    CSV = "csv"


class JsonRecord(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of JSON. What can't be text has a field of its own."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    timestamp: int | None = None
    key: str | None = None
    key_base64: str | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    value: Raw = Raw(b"null")
    value_base64: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A record with where it came from."""

    topic: str
    partition: int
    record: Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How input becomes records."""

    form: Form = Form.LINES
    key: str | None = None
    """The field or column that is the key."""
    key_separator: str | None = None
    headers: Headers = ()


def read_records(lines: Iterable[bytes], reading: Reading) -> Iterator[NewRecord]:
    """A `Complaint` names the line that can't be read."""
    match reading.form:
        case Form.LINES:
            return _numbered(lines, lambda line: _from_line(line, reading))
        case Form.JSON:
            return _numbered(lines, lambda line: _from_json(line, reading))
        case Form.CSV:
            return _from_csv(lines, reading)


def _numbered(lines: Iterable[bytes], read: Callable[[bytes], NewRecord]) -> Iterator[NewRecord]:
    for number, line in enumerate(lines, 1):
        stripped = line.rstrip(b"\r\n")
        if not stripped:
            continue
        try:
            record = read(stripped)
        except (msgspec.DecodeError, ValueError) as problem:
            raise Complaint(f"line {number} can't be read: {problem}") from problem
        yield record


def _from_line(line: bytes, reading: Reading) -> NewRecord:
    if reading.key_separator is not None:
        key, found, value = line.partition(reading.key_separator.encode())
        if not found:
            raise Complaint(f"a line has no {reading.key_separator!r} between key and value: {line[:80]!r}")
        return NewRecord(key=key, value=value, headers=reading.headers)
    key_of = None if reading.key is None else _field(msgspec.json.decode(line), reading.key)
    return NewRecord(key=key_of, value=line, headers=reading.headers)


def _field(document: Any, name: str) -> bytes:
    if not isinstance(document, dict) or name not in document:
        raise Complaint(f"there is no field {name!r} to take as the key")
    value = document[name]
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def _from_json(line: bytes, reading: Reading) -> NewRecord:
    given = _json_record(line)
    key = given.key.encode() if given.key is not None else None
    return NewRecord(
        key=b64decode(given.key_base64) if given.key_base64 is not None else key,
        value=b64decode(given.value_base64) if given.value_base64 is not None else _plain(bytes(given.value)),
        headers=(
            *((name, None if value is None else value.encode()) for name, value in given.headers),
            *reading.headers,
        ),
        timestamp=NO_TIMESTAMP if given.timestamp is None else Timestamp(given.timestamp),
    )


def _json_record(line: bytes) -> JsonRecord:
    """A field that no record has would be lost without a word: whoever sends objects as they are wants another form."""
    try:
        return msgspec.json.decode(line, type=JsonRecord)
    except msgspec.ValidationError as problem:
        raise ValueError(f"{problem}; to send JSON objects as values, use --input lines (and --key FIELD)") from problem


def _plain(value: bytes) -> bytes | None:
    if value == b"null":
        return None
    return msgspec.json.decode(value, type=str).encode() if value.startswith(b'"') else value


def _from_csv(lines: Iterable[bytes], reading: Reading) -> Iterator[NewRecord]:
    texts = (line.decode("utf-8-sig" if number == 0 else "utf-8") for number, line in enumerate(lines))
    rows = csv.reader(texts)
    try:
        columns = next(rows, [])
        if reading.key is not None and reading.key not in columns:
            raise Complaint(f"there is no column {reading.key!r} to take as the key; there are: {', '.join(columns)}")
        for row in rows:
            if row:
                yield _from_row(row, columns, rows.line_num, reading)
    except (csv.Error, UnicodeDecodeError) as problem:
        raise Complaint(f"line {rows.line_num + 1} can't be read: {problem}") from problem


def _from_row(row: list[str], columns: list[str], number: int, reading: Reading) -> NewRecord:
    if len(row) != len(columns):
        raise Complaint(f"line {number} has {len(row)} fields and the first has {len(columns)}")
    fields = dict(zip(columns, row, strict=True))
    key = None if reading.key is None else fields[reading.key].encode()
    return NewRecord(key=key, value=msgspec.json.encode(fields), headers=reading.headers)


class Writer:
    """Records to text, one piece a record. With `template` it is that, in place of the form."""

    def __init__(self, form: Form, template: str | None = None) -> None:
        self._write = _by_template(template) if template is not None else self._by_form(form)

    def write(self, placed: Placed) -> bytes:
        return self._write(placed)

    def _by_form(self, form: Form) -> Callable[[Placed], bytes]:
        match form:
            case Form.LINES:
                return lambda placed: (placed.record.value or b"") + b"\n"
            case Form.JSON:
                return lambda placed: json_line(placed) + b"\n"
            case Form.CSV:
                return CsvWriter().write


class CsvWriter:
    """The columns are those of the first record; what later ones have beside them is left out."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def write(self, placed: Placed) -> bytes:
        row = self._row(placed)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not self._columns:
            self._columns = list(row)
            writer.writerow(self._columns)
        writer.writerow([_cell(row.get(name)) for name in self._columns])
        return text.getvalue().encode()

    def _row(self, placed: Placed) -> Mapping[str, Any]:
        value = placed.record.value or b""
        try:
            document = msgspec.json.decode(value)
        except msgspec.DecodeError:
            document = None
        if isinstance(document, dict):
            return document
        return {"key": shown(placed.record.key), "value": shown(value)}


def json_line(placed: Placed) -> bytes:
    record = placed.record
    key, key_base64 = _text(record.key)
    value, value_base64 = _text(record.value)
    return msgspec.json.encode(
        JsonRecord(
            topic=placed.topic,
            partition=placed.partition,
            offset=record.offset,
            timestamp=record.timestamp,
            key=key,
            key_base64=key_base64,
            headers=tuple((name, shown(header)) for name, header in record.headers),
            value=_raw(record.value, value),
            value_base64=value_base64,
        )
    )


def _raw(value: bytes | None, text: str | None) -> Raw:
    """A document stays one, if it fits on the line."""
    if value is not None and value.startswith(_OPENS_JSON) and b"\n" not in value:
        try:
            msgspec.json.decode(value)
        except msgspec.DecodeError:
            pass
        else:
            return Raw(value)
    return Raw(msgspec.json.encode(text))


def _text(value: bytes | None) -> tuple[str | None, str | None]:
    """As text, or else in base64."""
    if value is None:
        return None, None
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(value).decode()


def _by_template(template: str) -> Callable[[Placed], bytes]:
    """`{partition}:{offset} {key} {value}\\n` and the like; a name that is not there is a Complaint at once."""
    names = {match[1] for match in _FIELD.finditer(template) if match[1]}
    if unknown := sorted(names - _VALUES.keys()):
        raise Complaint(f"there is no {{{unknown[0]}}}; there are {', '.join(f'{{{name}}}' for name in _VALUES)}")

    def write(placed: Placed) -> bytes:
        def piece(match: re.Match[str]) -> str:
            return _VALUES[match[1]](placed) if match[1] else _ESCAPES[match[2]]

        return _FIELD.sub(piece, template).encode("utf-8", "surrogateescape") + b"\n"

    return write


def shown(value: bytes | None) -> str | None:
    """For people: bytes that are no text are replaced by a sign."""
    return None if value is None else value.decode("utf-8", "replace")


def _cell(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


_VALUES: Final[Mapping[str, Callable[[Placed], str]]] = {
    "topic": lambda placed: placed.topic,
    "partition": lambda placed: str(placed.partition),
    "offset": lambda placed: str(placed.record.offset),
    "timestamp": lambda placed: str(placed.record.timestamp),
    "key": lambda placed: shown(placed.record.key) or "",
    "value": lambda placed: shown(placed.record.value) or "",
    "headers": lambda placed: ",".join(f"{name}={shown(value) or ''}" for name, value in placed.record.headers),
}
