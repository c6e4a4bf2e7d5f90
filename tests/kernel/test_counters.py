"""Counting, and the text that Prometheus reads."""

import pytest

from headwater.kernel.counters import Counter, Counters
from headwater.kernel.exposition import exposition


def test_meters_without_labels_are_printed_with_what_they_are():
    counters = Counters()
    frames = counters.counter("frames_total", "Frames read.")
    open_files = counters.gauge("open_files", "Files that are open.")
    counters.watch("connections", "Connections now.", lambda: 2.5)
    counters.watch("failures_total", "Failures so far.", lambda: 3, meter=Counter)
    frames.value += 41
    frames.value += 1
    open_files.value = 7
    assert exposition(counters) == (
        "# HELP headwater_frames_total Frames read.\n# TYPE headwater_frames_total counter\nheadwater_frames_total 42\n"
        "# HELP headwater_open_files Files that are open.\n# TYPE headwater_open_files gauge\nheadwater_open_files 7\n"
        "# HELP headwater_connections Connections now.\n# TYPE headwater_connections gauge\nheadwater_connections 2.5\n"
        "# HELP headwater_failures_total Failures so far.\n# TYPE headwater_failures_total counter\n"
        "headwater_failures_total 3\n"
    )


def test_labels_are_in_order_and_nothing_in_a_value_breaks_the_text():
    counters = Counters(prefix="x_")
    requests = counters.counters("requests_total", "All\nof \\ them.", "api", "outcome")
    requests.of("Produce", "ok").value += 1
    requests.of('quo"te', "back\\slash\nline").value += 2
    assert exposition(counters) == (
        "# HELP x_requests_total All\\nof \\\\ them.\n# TYPE x_requests_total counter\n"
        'x_requests_total{api="Produce",outcome="ok"} 1\n'
        'x_requests_total{api="quo\\"te",outcome="back\\\\slash\\nline"} 2\n'
    )


def test_a_bucket_holds_all_that_is_at_most_its_bound():
    counters = Counters(prefix="")
    seconds = counters.histograms("request_seconds", "How long.", "api", bounds=(0.01, 0.5, 1))
    for value in (0.01, 0.02, 0.5, 0.75, 9):
        seconds.of("Fetch").observe(value)
    assert exposition(counters).splitlines()[2:] == [
        'request_seconds_bucket{api="Fetch",le="0.01"} 1',
        'request_seconds_bucket{api="Fetch",le="0.5"} 3',
        'request_seconds_bucket{api="Fetch",le="1"} 4',
        'request_seconds_bucket{api="Fetch",le="+Inf"} 5',
        'request_seconds_sum{api="Fetch"} 10.28',
        'request_seconds_count{api="Fetch"} 5',
    ]


def test_a_histogram_without_labels_has_none_but_its_bounds():
    counters = Counters(prefix="")
    counters.histogram("sync_seconds", "How long.", bounds=(1,)).observe(0.5)
    assert 'sync_seconds_bucket{le="1"} 1\n' in exposition(counters)
    assert "sync_seconds_count 1\n" in exposition(counters)


def test_past_its_bound_a_family_counts_the_rest_together():
    counters = Counters(prefix="")
    clients = counters.counters("clients_total", "By name.", "name", children_max=2)
    for name in ("a", "b", "c", "d", "a"):
        clients.of(name).value += 1
    assert clients.of("c") is clients.of("other")
    assert [(values, meter.value) for values, meter in clients] == [(("a",), 2), (("b",), 1), (("other",), 2)]


def test_what_is_forgotten_is_no_longer_printed():
    counters = Counters(prefix="")
    lag = counters.gauges("lag", "Behind.", "topic")
    lag.of("gone").value = 1
    lag.forget("gone")
    lag.forget("never there")
    assert "gone" not in exposition(counters)


def test_a_name_is_registered_once():
    counters = Counters()
    counters.counter("frames_total", "")
    with pytest.raises(ValueError, match="headwater_frames_total is registered already"):
        counters.gauge("frames_total", "")


def test_label_values_must_be_as_many_as_labels():
    with pytest.raises(ValueError, match="labels"):
        Counters().counters("x_total", "", "a", "b").of("only one")
