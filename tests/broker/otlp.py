"""What clients push, in OTLP's form, as OpenTelemetry's own library writes it."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

DELTA, CUMULATIVE = 1, 2


def pushed(*metrics: Metric, **of_resource: str) -> bytes:
    resource = Resource(attributes=attributes(of_resource))
    scope = ScopeMetrics(metrics=metrics)
    data = MetricsData(resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scope])])
    return bytes(data.SerializeToString())


def gauge(name: str, *values: float, **labels: str) -> Metric:
    return Metric(name=name, gauge=Gauge(data_points=[number(each, labels) for each in values]))


def total(name: str, value: int, *, temporality: Any = CUMULATIVE, monotonic: bool = True) -> Metric:
    points = [number(value, {})]
    return Metric(name=name, sum=Sum(data_points=points, aggregation_temporality=temporality, is_monotonic=monotonic))


def histogram(name: str, *counts: int, bounds: tuple[float, ...], temporality: Any = CUMULATIVE) -> Metric:
    point = HistogramDataPoint(bucket_counts=counts, explicit_bounds=bounds, sum=10.0, count=sum(counts))
    return Metric(name=name, histogram=Histogram(data_points=[point], aggregation_temporality=temporality))


def number(value: float, labels: Mapping[str, str]) -> NumberDataPoint:
    given = {"as_int": value} if isinstance(value, int) else {"as_double": value}
    return NumberDataPoint(attributes=attributes(labels), **given)


def attributes(values: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items()]
