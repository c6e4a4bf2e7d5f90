"""Java's .properties files."""

import pytest

from headwater.kernel.properties import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# a comment\n! another\n\n   \n", {}),
        ("a=1\nb:2\nc 3\n d = 4 \n", {"a": "1", "b": "2", "c": "3", "d": "4 "}),
        (
            "listeners=PLAINTEXT://:9092,SSL://:9093\r\nlog.dirs=/data",
            {"listeners": "PLAINTEXT://:9092,SSL://:9093", "log.dirs": "/data"},
        ),
        ("a=1\na=2", {"a": "2"}),
        ("a=one,\\\n   two,\\\n\tthree\nb=x", {"a": "one,two,three", "b": "x"}),
        ("a=ends in a backslash \\\\\nb=x", {"a": "ends in a backslash \\", "b": "x"}),
        ("a=never ends\\", {"a": "never ends"}),
        ("a\\ key\\:\\==v", {"a key:=": "v"}),
        ("a=tab\\there\\nline \\u00e9 \\q", {"a": "tab\there\nline é q"}),
        ("empty\nalso.empty=\n=nothing", {"empty": "", "also.empty": "", "": "nothing"}),
        ("a=1 # not a comment", {"a": "1 # not a comment"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=x\\\n# part of the value", {"a": "x# part of the value"}),
    ],
)
def test_it_is_read_as_java_does(text: str, expected: dict[str, str]):
    assert parse(text) == expected
