"""Metrics in OTLP's form, as clients push them (KIP-714), made into what Prometheus reads.

Loaded when the first client pushes: protobuf and OpenTelemetry's definitions take as long to import as all of the broker.
A push is walked down to its metrics, and each of these is parsed by itself: what protobuf parses at once is small, so a push
can't hold the loop. Gauges, sums and histograms can be shown; clients are asked for sums since their start, so what comes again
replaces what came before. Names lose their `org.apache.kafka.` and get `kafka_client_`; attributes become labels.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

from google.protobuf.message import DecodeError
from msgspec import Struct
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE, Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from headwater.broker.errors import Refused
from headwater.kernel.counters import AnyMeter, Counter, Gauge, Histogram
from headwater.kernel.units import KiB
from headwater.wire.error_codes import ErrorCode

Parsed = TypeVar("Parsed", Metric, Resource)
Labels: TypeAlias = tuple[tuple[str, str], ...]

FIELDS_MAX: Final = 10_000
PART_BYTES_MAX: Final = 64 * KiB
"""Of one metric with all its points: parsing the worst of that size takes five milliseconds."""
LABELS_MAX: Final = 12
NAME_MAX: Final = 200
VALUE_MAX: Final = 200
_RESOURCE_METRICS: Final = 1
_RESOURCE: Final = 1
_SCOPE_METRICS: Final = 2
_METRICS: Final = 2
"""Numbers of OTLP's fields, from MetricsData down."""
_VARINT: Final = 0
_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
"""Protobuf's kinds of fields, and how long those are that are always as long."""
_PREFIX: Final = "kafka_client_"
_USUAL: Final = "org.apache.kafka."
_RESERVED: Final = ("", "le")
"""No label of a client's: of a bucket it would be there twice, and then Prometheus reads none of the page."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


class Point(Struct, frozen=True, kw_only=True):
    """One series with its value now; `kind` is Prometheus's type. None in place of a meter: it can't be shown."""

    name: str
    kind: str
    labels: Labels
    meter: AnyMeter | None


def points(payload: bytes, own: Labels) -> Iterator[Point]:
    """All that a client pushed; `own` are the labels that say which client, and which it can't choose.

    Raises Refused for what is no MetricsData, or too much of one.
    """
    walk = _Walk()
    for resource in walk.parts(memoryview(payload), _RESOURCE_METRICS):
        of_resource = own
        for part in walk.parts(resource, _RESOURCE):
            of_resource = _labelled(own, _parsed(Resource, part).attributes)
        for scope in walk.parts(resource, _SCOPE_METRICS):
            for metric in walk.parts(scope, _METRICS):
                yield from _points(_parsed(Metric, metric), of_resource)


class _Walk:
    """Through the fields of protobuf messages that hold messages. One for a whole push, whose fields it counts."""

    def __init__(self) -> None:
        self._left = FIELDS_MAX

    def parts(self, data: memoryview, wanted: int) -> Iterator[memoryview]:
        """The messages of one field of a message, in order."""
        at = 0
        while at < len(data):
            self._left -= 1
            tag, at = _varint(data, at)
            kind, number = tag & 7, tag >> 3
            size, at = _varint(data, at) if kind in (_VARINT, _BYTES) else (_FIXED.get(kind, len(data) + 1), at)
            if kind == _VARINT:
                continue
            if self._left < 0 or at + size > len(data):
                raise _refusal()
            if kind == _BYTES and number == wanted:
                yield data[at : at + size]
            at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number, and where the next begins."""
    value = 0
    for shift, byte in zip(range(0, 64, 7), data[at : at + 10], strict=False):
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + shift // 7 + 1
    raise _refusal()


def _parsed(kind: type[Parsed], part: memoryview) -> Parsed:
    if len(part) > PART_BYTES_MAX:
        raise _refusal()
    message = kind()
    try:
        message.ParseFromString(bytes(part))
    except DecodeError:
        raise _refusal() from None
    return message


def _refusal() -> Refused:
    return Refused(ErrorCode.INVALID_RECORD, "this is not OTLP's MetricsData, or too much of it")


def _points(metric: Metric, labels: Labels) -> Iterator[Point]:
    name = _PREFIX + _plain(metric.name.removeprefix(_USUAL)[:NAME_MAX])
    shape = metric.WhichOneof("data")
    data: Any = getattr(metric, shape) if shape else None
    since_start = getattr(data, "aggregation_temporality", None) == AGGREGATION_TEMPORALITY_CUMULATIVE
    is_counter = shape == "sum" and since_start and data.is_monotonic
    for point in getattr(data, "data_points", ()):
        labelled = _labelled(labels, point.attributes)
        if is_counter:
            total = f"{name.removesuffix('_total')}_total"
            yield Point(name=total, kind=Counter.kind, labels=labelled, meter=_valued(Counter(), point))
        elif shape in ("gauge", "sum"):
            yield Point(name=name, kind=Gauge.kind, labels=labelled, meter=_valued(Gauge(), point))
        else:
            meter = _histogram(point) if shape == "histogram" and since_start else None
            yield Point(name=name, kind=Histogram.kind, labels=labelled, meter=meter)


def _valued(meter: Counter | Gauge, point: Any) -> Counter | Gauge | None:
    """None for a point that says that it has no value."""
    if point.flags & 1:
        return None
    meter.value = point.as_double if point.WhichOneof("value") == "as_double" else point.as_int
    return meter


def _histogram(point: Any) -> Histogram | None:
    if len(point.bucket_counts) != len(point.explicit_bounds) + 1:
        return None
    meter = Histogram(point.explicit_bounds)
    meter.counts = list(point.bucket_counts)
    meter.total = point.sum
    return meter


def _labelled(labels: Labels, attributes: Iterable[Any]) -> Labels:
    """The first of a name stays, so nobody can speak for another client."""
    named = dict(labels)
    for each in attributes:
        if len(named) >= LABELS_MAX:
            break
        value = each.value
        kind = value.WhichOneof("value")
        if kind in ("string_value", "bool_value", "int_value", "double_value"):
            named.setdefault(_plain(each.key[:NAME_MAX]), str(getattr(value, kind))[:VALUE_MAX])
    return tuple(named.items())


def _plain(name: str) -> str:
    plain = _NOT_IN_A_NAME.sub("_", name)
    return f"_{plain}" if plain[:1].isdigit() or plain in _RESERVED else plain
