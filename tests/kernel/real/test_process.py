"""What the process uses."""

import pytest

from headwater.kernel.exposition import exposition
from headwater.kernel.real import process


def test_the_usual_names_have_likely_values():
    lines = exposition(process.process_counters()).splitlines()
    values = {name: float(value) for name, value in (line.split() for line in lines if line[0] != "#")}
    assert list(values) == [
        f"process_{name}"
        for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds")
    ]
    assert values["process_resident_memory_bytes"] > 1_000_000
    assert 3 <= values["process_open_fds"] <= values["process_max_fds"]
    assert "# TYPE process_cpu_seconds_total counter" in lines


def test_where_the_system_does_not_tell_the_most_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "_STATM", "/nowhere")
    assert process.resident_bytes() > 10_000
