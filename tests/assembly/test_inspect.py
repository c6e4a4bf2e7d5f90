"""What `headwater inspect` tells of a folder, and that it only reads."""

import json
from pathlib import Path

import pytest
from tests.assembly.test_start import make_topic, options, started
from tests.assembly.test_survey import bytes_of, level, tell
from typer.testing import CliRunner

from headwater.assembly.inspect import TopicHeld, inspect
from headwater.cli.main import app
from headwater.kernel.real.disk import RealDisk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    started(options(tmp_path), make_topic)
    return tmp_path


def run(folder: Path, *more: str):
    return CliRunner().invoke(app, ["inspect", str(folder), *more], env={"COLUMNS": "200"})


def test_a_folder_tells_what_it_holds_and_stays_as_it_is(folder: Path):
    before = bytes_of(folder)
    found = inspect(RealDisk(), str(folder))
    assert bytes_of(folder) == before
    assert found is not None
    assert found.topics == (TopicHeld(topic="t", id="AQEBAQEBAQEBAQEBAQEBAQ", partitions=2, missing=0, bytes=0),)
    assert (found.node, found.clean, found.refusals) == (1, True, ())


def test_people_read_tables_and_how_to_go_on(folder: Path):
    shown = run(folder)
    assert shown.exit_code == 0
    assert "AQEBAQEBAQEBAQEBAQEBAQ" in shown.output
    assert f"It can be opened: headwater up --data {folder}" in shown.output


def test_a_folder_that_would_be_refused_says_why_and_ends_with_status_1(folder: Path):
    tell(folder, level("metadata.version", 99))
    shown = run(folder, "--output", "json")
    assert shown.exit_code == 1
    assert json.loads(shown.output)["refusals"] == ["metadata.version is 99, and only 7 to 33 are known here"]
    assert "metadata.version is 99" in run(folder).output


def test_a_folder_that_nobody_formatted_is_a_complaint(tmp_path: Path):
    shown = run(tmp_path)
    assert shown.exit_code == 1
    assert "was never formatted" in shown.stderr
