"""What a broker is told because of the options of `up` and `broker`."""

import pytest

from headwater.cli.failures import Complaint
from headwater.cli.processes import folder_of, settings_of


def given(**options) -> dict[str, str]:
    nothing = {"config": None, "pairs": None, "host": None, "kafka_port": None, "default_host": ""}
    return settings_of(**{**nothing, **options})


def test_without_options_it_listens_where_kafka_does():
    assert given() == {"listeners": "PLAINTEXT://:9092"}
    assert given(default_host="localhost") == {"listeners": "PLAINTEXT://localhost:9092"}


def test_host_and_port_are_the_listener():
    assert given(host="::1", kafka_port=0) == {"listeners": "PLAINTEXT://[::1]:0"}


def test_a_file_keeps_its_listeners_unless_the_command_line_has_another_and_set_goes_over_all(tmp_path):
    file = tmp_path / "server.properties"
    file.write_text("listeners=PLAINTEXT://:19092\nlog.dirs=logs\nnode.id=7\n")
    assert given(config=str(file))["listeners"] == "PLAINTEXT://:19092"
    told = given(config=str(file), kafka_port=1, pairs=["node.id=8"])
    assert told == {"listeners": "PLAINTEXT://:1", "log.dirs": "logs", "node.id": "8"}


def test_the_folder_is_the_options_else_the_files_else_beside_you(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_of("a", {"log.dirs": "b"}) == str(tmp_path / "a")
    assert folder_of(None, {"log.dirs": "b"}) == str(tmp_path / "b")
    assert folder_of(None, {}) == str(tmp_path / "headwater-data")


def test_a_pair_without_a_value_is_refused_with_what_would_be_right():
    with pytest.raises(Complaint, match="write KEY=VALUE"):
        given(pairs=["node.id"])
