"""Log lines for people and for programs."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from headwater.kernel import logging as logs
from headwater.kernel.errors import FileMissing


@pytest.fixture
def _root_as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(logs.ROOT)
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], ours_level = before[0], before[2]
    root.setLevel(before[1])
    ours.setLevel(ours_level)
    logging.captureWarnings(False)


@pytest.fixture
def lines(_root_as_it_was: None) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(stream=stream)
    return stream


def test_a_line_is_an_event_in_words_and_values_beside_it(lines: io.StringIO):
    logs.get("broker").info("connection closed", client="127.0.0.1:5", request_id=7, reason="no more, thanks", empty="")
    moment, rest = lines.getvalue().split(" ", 1)
    assert moment.endswith("Z")
    assert rest == 'INFO broker: connection closed client=127.0.0.1:5 request_id=7 reason="no more, thanks" empty=""\n'


def test_nothing_in_a_value_breaks_the_line(lines: io.StringIO):
    logs.get("broker").info("seen", name='a\nINFO broker: "forged"')
    assert lines.getvalue().count("\n") == 1


@pytest.mark.usefixtures("_root_as_it_was")
def test_the_same_line_for_programs():
    stream = io.StringIO()
    logs.set_up(form="json", stream=stream)
    logs.get("log.segments").warn("slow sync", took_ms=12.5, path=b"x", at=object)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["log"], line["event"], line["took_ms"]) == ("WARN", "log.segments", "slow sync", 12.5)


def test_only_an_unforeseen_error_brings_its_traceback(lines: io.StringIO):
    logs.get("broker").error("no luck", error=FileMissing("/x"))
    assert "Traceback" not in lines.getvalue()
    assert 'error="/x: there is no such file or folder"' in lines.getvalue()
    try:
        raise ValueError("a bug")
    except ValueError as error:
        logs.get("broker").error("a bug of ours", error=error)
    assert "Traceback" in lines.getvalue()


def test_a_deadline_that_passed_was_foreseen_and_has_a_name(lines: io.StringIO):
    logs.get("broker").warn("waited", error=TimeoutError())
    assert lines.getvalue().endswith("broker: waited error=TimeoutError()\n")


def test_a_level_holds_for_the_loggers_below_and_can_be_taken_back(lines: io.StringIO):
    below = logs.get("level_test.below")
    assert not below.is_on("DEBUG")
    logs.set_level("headwater.level_test", "DEBUG")
    below.debug("now seen")
    assert logs.levels()["headwater.level_test.below"] == "DEBUG"
    logs.unset_level("headwater.level_test")
    below.debug("not seen")
    assert logs.levels()["headwater.level_test.below"] == logs.levels()["headwater"] == "INFO"
    assert "now seen" in lines.getvalue()
    assert "not seen" not in lines.getvalue()


@pytest.mark.parametrize(("number", "name"), [(50, "FATAL"), (45, "ERROR"), (10, "DEBUG"), (5, "TRACE"), (1, "TRACE")])
def test_every_level_has_a_name_of_kafkas(number: int, name: str):
    assert logs.level_name(number) == name
