"""Declaring a setting, and what its text means."""

import pytest
from hypothesis import given, strategies as st

from headwater.kernel.errors import InvalidSetting
from headwater.kernel.kinds import (
    INT_MAX,
    Boolean,
    Bytes,
    Choice,
    Double,
    Int,
    Kind,
    ListOf,
    Long,
    Millis,
    Password,
    Secret,
    Short,
    Text,
    TextList,
)
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.units import GiB, MiB

SEGMENT_BYTES = Setting(
    "segment.bytes", Bytes, default=1 * GiB, bounds=(1 * MiB, INT_MAX), scope=Scope.TOPIC, doc="When to roll."
)
RETENTION_MS = Setting(
    "retention.ms", Millis, default=-1, bounds=(-1, None), scope=Scope.TOPIC, doc="How long to keep."
)
KEY = Setting("ssl.key.password", Password, default=None, scope=Scope.BROKER, doc="The key's password.")


@pytest.mark.parametrize(
    ("kind", "text", "value", "printed"),
    [
        (Int, " +12 ", 12, "12"),
        (Short, "-32768", -32768, "-32768"),
        (Long, "9223372036854775807", 2**63 - 1, "9223372036854775807"),
        (Boolean, " TRUE", True, "true"),
        (Boolean, "false", False, "false"),
        (Double, "0.5", 0.5, "0.5"),
        (Double, "100", 100.0, "100.0"),
        (Double, "1e7", 1e7, "1.0E7"),
        (Double, "12345678.9", 12345678.9, "1.23456789E7"),
        (Double, "-0.0001", -0.0001, "-1.0E-4"),
        (Double, "1.7976931348623157E308", 1.7976931348623157e308, "1.7976931348623157E308"),
        (Text, "  a b ", "a b", "a b"),
        (TextList, " a , b,c", ("a", "b", "c"), "a,b,c"),
        (TextList, "", (), ""),
        (Choice("gzip", "zstd"), " zstd", "zstd", "zstd"),
        (ListOf("compact", "delete"), "delete,compact", ("delete", "compact"), "delete,compact"),
    ],
)
def test_text_is_read_and_printed_as_kafka_does(kind: Kind[object], text: str, value: object, printed: str):
    assert kind.parse(text) == value
    assert kind.text(value) == printed


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Int, "1_000"),
        (Int, "1.5"),
        (Int, "٣"),
        (Int, ""),
        (Boolean, "yes"),
        (Double, "a lot"),
        (Double, "nan"),
        (Choice("gzip", "zstd"), "ZSTD"),
        (ListOf("compact", "delete"), "compact,compact"),
        (ListOf("compact", "delete"), "remove"),
    ],
)
def test_text_of_another_kind_is_refused(kind: Kind[object], text: str):
    setting = Setting("x", kind, default=None, scope=Scope.TOPIC, doc="")
    with pytest.raises(InvalidSetting, match=r"x='.*' can't be: it must be "):
        setting.parse(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_survives_being_printed(value: float):
    assert Double.parse(Double.text(value)) == value


def test_bounds_hold_and_the_refusal_names_them():
    assert SEGMENT_BYTES.parse("1048576") == 1 * MiB
    with pytest.raises(InvalidSetting, match=r"segment.bytes='1' .* a number of bytes, 1048576 to 2147483647"):
        SEGMENT_BYTES.parse("1")
    with pytest.raises(InvalidSetting, match="at least -1"):
        RETENTION_MS.parse("-2")
    with pytest.raises(InvalidSetting, match="a whole number, -2147483648 to 2147483647"):
        Setting("x", Int, default=0, scope=Scope.TOPIC, doc="").parse(str(2**31))


def test_a_check_of_its_own_has_the_last_word():
    def not_thirteen(value: int) -> str | None:
        return "any number but 13" if value == 13 else None

    setting = Setting("x", Int, default=0, scope=Scope.TOPIC, doc="", check=not_thirteen)
    assert setting.parse("12") == 12
    with pytest.raises(InvalidSetting, match="any number but 13"):
        setting.parse("13")


def test_the_type_that_kafka_shows_follows_from_the_bounds():
    assert SEGMENT_BYTES.type == "INT"
    assert RETENTION_MS.type == "LONG"
    assert KEY.type == "PASSWORD"


def test_a_password_is_shown_nowhere():
    secret = KEY.parse("hunter2")
    assert secret == Secret("hunter2")
    assert secret is not None
    assert secret.reveal() == KEY.text(secret) == "hunter2"
    assert "hunter2" not in f"{secret!r} {secret}"
    checked = Setting("p", Password, default=None, scope=Scope.BROKER, doc="", check=lambda _: "longer")
    with pytest.raises(InvalidSetting) as refusal:
        checked.parse("hunter2")
    assert "hunter2" not in str(refusal.value)


def test_what_is_valid_is_told_in_words():
    assert SEGMENT_BYTES.valid == "1048576 to 2147483647"
    assert RETENTION_MS.valid == "at least -1"
    assert KEY.valid == ""
    assert Setting("x", Choice("a", "b"), default="a", scope=Scope.TOPIC, doc="").valid == "a, b"


def test_the_default_has_kafkas_text():
    assert SEGMENT_BYTES.default_text == "1073741824"
    assert KEY.default_text is None
