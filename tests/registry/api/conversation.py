"""Conversations with a registry, as text: what was asked, and what Confluent's registry answered.

    # a sentence that says why (any line that begins with #)
    POST /subjects/orders-value/versions       a request: the line, its headers, its body
    Accept: application/json
    {"schema": `{"type": "string"}`}           what stands between backticks is sent as one JSON string
    < 200 application/json                     its answer: the status, the content type where it isn't the usual one,
    < {"id":1,"version":1}                     and the body
    > 422                                      what we answer instead, where we do so on purpose, which a comment explains

Every conversation begins with a registry that holds nothing. A body is the same where its JSON is the same, and `"*"` is
whatever it is there: a time, a random key, the words of a parser. A text that ends with `…` goes on in any way.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

USUAL = "application/vnd.schemaregistry.v1+json"
NO_TYPE = "-"
"""How a header or a content type that is not there is written."""
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    content_type: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Exchange:
    line: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None
    told: Answer | None
    """What Confluent's registry answered."""
    ours: Answer | None
    """What we answer instead."""

    @property
    def expected(self) -> Answer:
        expected = self.ours or self.told
        assert expected is not None, f"{self} has no answer"
        return expected

    @property
    def sent(self) -> bytes:
        """The body as it goes over the wire."""
        if self.body is None:
            return b""
        return re.sub(r"`(.*?)`", lambda text: json.dumps(text[1]), self.body, flags=re.DOTALL).encode()

    @property
    def sent_headers(self) -> dict[str, str]:
        usual = {"Content-Type": USUAL} if self.body is not None else {}
        return {name: value for name, value in (usual | dict(self.headers)).items() if value != NO_TYPE}

    def __str__(self) -> str:
        return f"line {self.line}: {self.method} {self.path}"


def read(file: Path) -> Iterator[Exchange]:
    lines = file.read_text().split("\n")
    begins = [number for number, line in enumerate(lines) if line.split(" ")[0] in METHODS]
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        yield _exchange(begin + 1, [line for line in lines[begin:end] if not line.startswith("#")])


def _exchange(number: int, lines: Sequence[str]) -> Exchange:
    method, path = lines[0].split(" ", 1)
    asked = [line for line in lines[1:] if line and line[0] not in "<>"]
    headers = {}
    while asked and (header := re.fullmatch(r"([A-Z][A-Za-z-]+): ?(.*)", asked[0])):
        headers[header[1]] = header[2]
        asked = asked[1:]
    body = "\n".join(asked) if asked else None
    return Exchange(
        line=number,
        method=method,
        path=path,
        headers=headers,
        body=body,
        told=_answer("<", lines),
        ours=_answer(">", lines),
    )


def _answer(mark: str, lines: Sequence[str]) -> Answer | None:
    said = [line[2:] for line in lines if line.startswith(mark)]
    if not said:
        return None
    status, _, content_type = said[0].partition(" ")
    return Answer(status=int(status), content_type=content_type or USUAL, body="\n".join(said[1:]))


def differences(expected: Answer, answer: Answer) -> list[str]:
    """By what a client could tell them apart. A body without a type, as some refusals of Confluent's, may have one."""
    different = []
    if expected.status != answer.status:
        different.append(f"status: {expected.status} is expected, and it is {answer.status}")
    may_have_a_type = expected.content_type == NO_TYPE and expected.body
    if expected.content_type != answer.content_type and not may_have_a_type:
        different.append(f"content type: {expected.content_type} is expected, and it is {answer.content_type}")
    if not _same(_parsed(expected.body), _parsed(answer.body)):
        different.append(f"body:\n  expected {expected.body}\n  is       {answer.body}")
    return different


def _parsed(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _same(expected: object, value: object) -> bool:
    if expected == "*":
        return value is not None
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and expected.keys() == value.keys()
            and all(_same(expected[key], value[key]) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(expected) == len(value)
            and all(_same(each, other) for each, other in zip(expected, value, strict=True))
        )
    if isinstance(expected, str) and expected.endswith("…"):
        return isinstance(value, str) and value.startswith(expected[:-1])
    return type(expected) is type(value) and expected == value
