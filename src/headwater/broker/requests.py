"""How requests went: for each API how many, how long, how many bytes and with which errors."""

from headwater.kernel.counters import Counter, Counters, Histogram
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode


class Requests:
    """`slow_ms` is the time after which a request is worth a line in the log."""

    def __init__(self, counters: Counters, *, slow_ms: float) -> None:
        self.slow_ms = slow_ms
        self._seconds = counters.histograms("request_seconds", "From the frame to its answer, waits included.", "api")
        self._bytes_in = counters.counters("request_bytes_total", "Bytes of requests.", "api")
        self._bytes_out = counters.counters("response_bytes_total", "Bytes of responses.", "api")
        self._refused = counters.counters(
            "requests_refused_total", "Requests that were refused as a whole.", "api", "error"
        )
        self._meters: dict[int, tuple[Histogram, Counter, Counter]] = {}

    def ended(self, api_key: int, lasted_s: float, *, bytes_in: int, bytes_out: int) -> None:
        meters = self._meters.get(api_key)
        if meters is None:
            name = ApiKey(api_key).name
            meters = self._seconds.of(name), self._bytes_in.of(name), self._bytes_out.of(name)
            self._meters[api_key] = meters
        seconds, counted_in, counted_out = meters
        seconds.observe(lasted_s)
        counted_in.value += bytes_in
        counted_out.value += bytes_out

    def refused(self, api_key: int, code: ErrorCode) -> None:
        self._refused.of(ApiKey(api_key).name, code.name).value += 1
