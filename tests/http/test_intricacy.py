"""Bodies of too many parts cost nothing."""

import pytest

from headwater.http.errors import BodyTooIntricate
from headwater.http.intricacy import check_intricacy

SCHEMA = rb'{"schema":"' + rb"{\"type\":\"record\", \\n" * 400_000 + rb'"}'


@pytest.mark.parametrize("body", [b"", SCHEMA, b'{"a":' + b" " * 10_000_000 + b"1}", b'["' + rb"\"" * 5_000_000])
def test_a_long_text_is_one_part(body):
    check_intricacy(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 5_000_000, id="brackets"),
        pytest.param(b'{"references":[' + b"{}," * 3_000_000 + b"{}]}", id="empty objects"),
        pytest.param(b"[" + b"1," * 3_000_000 + b"1]", id="numbers"),
        pytest.param(b"{" + b",".join(b'"p%d":1' % n for n in range(500_000)) + b"}", id="properties"),
        pytest.param(b"[" + b'"",\n' * 2_000_000 + b"1]", id="texts"),
    ],
)
def test_many_parts_are_refused(body):
    with pytest.raises(BodyTooIntricate):
        check_intricacy(body)
