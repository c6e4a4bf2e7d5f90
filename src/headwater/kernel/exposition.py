"""The text in which Prometheus reads metrics, version 0.0.4: meters in, text out."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from headwater.kernel.counters import AnyMeter, Histogram, Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_IN_HELP: Final = str.maketrans({"\\": r"\\", "\n": r"\n"})
_IN_LABEL: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def exposition(metrics: Iterable[Metric]) -> str:
    """All of `metrics` with the values they have now."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.doc.translate(_IN_HELP)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for values, meter in metric.series():
        labels = tuple(zip(metric.labels, values, strict=True))
        yield from sample_lines(metric.name, labels, meter)


def sample_lines(name: str, labels: tuple[tuple[str, str], ...], meter: AnyMeter) -> Iterator[str]:
    """The lines of one series."""
    if not isinstance(meter, Histogram):
        yield f"{name}{_braced(labels)} {_number(meter.value)}"
        return
    bounds = (*map(_number, meter.bounds), "+Inf")
    up_to = list(accumulate(meter.counts))
    for bound, count in zip(bounds, up_to, strict=True):
        yield f"{name}_bucket{_braced((*labels, ('le', bound)))} {count}"
    yield f"{name}_sum{_braced(labels)} {_number(meter.total)}"
    yield f"{name}_count{_braced(labels)} {up_to[-1]}"


def _braced(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(_IN_LABEL)}"' for name, value in labels) + "}"


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
