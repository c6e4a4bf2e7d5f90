"""Counters, gauges and histograms of one process.

They are made at start from the one registry that assembly passes down, and kept by whoever counts: on the hot path a count
is `frames.value += 1` and nothing else. Names follow Prometheus (`_total`, base units); the text for it is made in
`exposition.py`. Labels come from outside sometimes, so a family has a bound: what is past it is counted together as
`other`, and no client can fill the memory with names.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Generic, TypeVar

LATENCIES_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of buckets, in seconds: dense around the sync of a disk, coarse where something is wrong."""

CHILDREN_MAX: Final = 1_000
OTHER: Final = "other"


class Counter:
    """Only grows."""

    __slots__ = ("value",)
    kind: ClassVar = "counter"

    def __init__(self) -> None:
        self.value: float = 0


class Gauge:
    """Goes up and down."""

    __slots__ = ("value",)
    kind: ClassVar = "gauge"

    def __init__(self) -> None:
        self.value: float = 0


class Histogram:
    """How often values fell into each bucket. A bucket holds what is at most its bound; the last one holds the rest."""

    __slots__ = ("bounds", "counts", "total")
    kind: ClassVar = "histogram"

    def __init__(self, bounds: Sequence[float] = LATENCIES_S) -> None:
        self.bounds: Final = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


AnyMeter = Counter | Gauge | Histogram
Meter = TypeVar("Meter", Counter, Gauge, Histogram)
Series = Sequence[tuple[tuple[str, ...], AnyMeter]]


class Family(Generic[Meter]):
    """One meter for each combination of label values, made when it is first asked for."""

    __slots__ = ("_children", "_children_max", "_make", "labels")

    def __init__(self, make: Callable[[], Meter], labels: Sequence[str], children_max: int) -> None:
        self._make: Callable[[], Meter] = make
        self.labels: Final = tuple(labels)
        self._children_max = children_max
        self._children: dict[tuple[str, ...], Meter] = {}

    def of(self, *values: str) -> Meter:
        """The meter of these label values, in the order of the labels' names. Keep it where it is used often."""
        child = self._children.get(values)
        return self._new(values) if child is None else child

    def forget(self, *values: str) -> None:
        """What they named is gone, and its series with it."""
        self._children.pop(values, None)

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], Meter]]:
        return iter(list(self._children.items()))

    def _new(self, values: tuple[str, ...]) -> Meter:
        if len(values) != len(self.labels):
            raise ValueError(f"labels {self.labels} were given the values {values}")
        if len(self._children) >= self._children_max:
            values = (OTHER,) * len(values)
        return self._children.setdefault(values, self._make())


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A name with all its series, as the exposition prints it."""

    name: str
    kind: str
    doc: str
    labels: tuple[str, ...] = ()
    series: Callable[[], Series]


class Counters:
    """The registry. A name is registered once; `prefix` stands before all of them."""

    def __init__(self, *, prefix: str = "headwater_") -> None:
        self._prefix = prefix
        self._metrics: dict[str, Metric] = {}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def counter(self, name: str, doc: str) -> Counter:
        return self._one(name, doc, Counter())

    def gauge(self, name: str, doc: str) -> Gauge:
        return self._one(name, doc, Gauge())

    def histogram(self, name: str, doc: str, *, bounds: Sequence[float] = LATENCIES_S) -> Histogram:
        return self._one(name, doc, Histogram(bounds))

    def counters(self, name: str, doc: str, *labels: str, children_max: int = CHILDREN_MAX) -> Family[Counter]:
        return self._family(name, doc, Counter.kind, Family(Counter, labels, children_max))

    def gauges(self, name: str, doc: str, *labels: str, children_max: int = CHILDREN_MAX) -> Family[Gauge]:
        return self._family(name, doc, Gauge.kind, Family(Gauge, labels, children_max))

    def histograms(
        self,
        name: str,
        doc: str,
        *labels: str,
        bounds: Sequence[float] = LATENCIES_S,
        children_max: int = CHILDREN_MAX,
    ) -> Family[Histogram]:
        return self._family(name, doc, Histogram.kind, Family(lambda: Histogram(bounds), labels, children_max))

    def watch(
        self, name: str, doc: str, read: Callable[[], float], *, meter: type[Counter] | type[Gauge] = Gauge
    ) -> None:
        """A value that somebody keeps anyway: `read` is called when the metrics are asked for."""

        def series() -> Series:
            now = meter()
            now.value = read()
            return (((), now),)

        self._register(Metric(name=name, kind=meter.kind, doc=doc, series=series))

    def _one(self, name: str, doc: str, meter: Meter) -> Meter:
        self._register(Metric(name=name, kind=meter.kind, doc=doc, series=lambda: (((), meter),)))
        return meter

    def _family(self, name: str, doc: str, kind: str, family: Family[Meter]) -> Family[Meter]:
        self._register(Metric(name=name, kind=kind, doc=doc, labels=family.labels, series=lambda: list(family)))
        return family

    def _register(self, metric: Metric) -> None:
        full = f"{self._prefix}{metric.name}"
        if full in self._metrics:
            raise ValueError(f"the metric {full} is registered already")
        self._metrics[full] = replace(metric, name=full)
