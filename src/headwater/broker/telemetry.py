"""Metrics that clients push, where an administrator has asked for them (KIP-714).

A client is told which metrics are wanted and how often, and pushes them in OTLP's form; `client_metrics.py` shows them. Clients
are strangers: how many are remembered, how large a push may be, packed and unpacked, and how often one may come, have bounds.
"""

import asyncio
from typing import Final

from msgspec import Struct

from headwater.broker.errors import Refused
from headwater.kernel.counters import Counters
from headwater.kernel.units import SECOND_MS, MiB
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.compression import decompress
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import BatchTooLarge, CorruptBatch
from headwater.wire.types import Uuid

CLIENTS_MAX: Final = 1_000
"""The one that was heard of least lately is forgotten for a new one."""
UNPACKED_BYTES_MAX: Final = 2 * MiB
"""Of one push, unless `telemetry.max.bytes` is more: it is unpacked on the loop."""


class Subscription(Struct, frozen=True, kw_only=True):
    """What one client is asked for. The id tells whether it still is what the client was told."""

    id: int
    metrics: tuple[str, ...]
    interval_ms: int


class Push(Struct, frozen=True, kw_only=True):
    subscription_id: int
    compression: int
    metrics: bytes
    terminating: bool


class Client(Struct, frozen=False, kw_only=True):
    """What is remembered of a client instance; times are those of the event loop, in milliseconds."""

    subscription: Subscription
    asked_ms: int | None = None
    pushed_ms: int | None = None
    is_gone: bool = False
    """It said that it terminates."""


class Telemetry:
    """The clients of this broker that push."""

    def __init__(self, counters: Counters, *, clients_max: int = CLIENTS_MAX) -> None:
        self._clients: dict[Uuid, Client] = {}
        self._clients_max = clients_max
        self._pushes = counters.counters("client_telemetry_pushes_total", "Pushes of client metrics.", "software")
        self._bytes = counters.counters(
            "client_telemetry_bytes_total", "Bytes of client metrics, unpacked.", "software"
        )
        self._refused = counters.counters(
            "client_telemetry_refused_total", "Requests about client metrics that were refused.", "error"
        )
        counters.watch("client_telemetry_clients", "Clients that push metrics.", lambda: len(self._clients))

    def asked(self, instance: Uuid, subscription: Subscription) -> None:
        """A client asks what is wanted of it. Raises Refused where it asks again too early, and nothing has changed."""
        now = _now_ms()
        client = self._client(instance, subscription)
        heard = max((each for each in (client.asked_ms, client.pushed_ms) if each is not None), default=None)
        if heard is not None and now - heard < subscription.interval_ms:
            raise self._refusal(ErrorCode.THROTTLING_QUOTA_EXCEEDED)
        client.asked_ms = now

    def pushed(self, instance: Uuid, subscription: Subscription, push: Push, *, software: str, bytes_max: int) -> bytes:
        """OTLP's MetricsData, unpacked. Raises Refused, with the codes of KIP-714."""
        client = self._client(instance, subscription)
        if code := _refusal(client, push, bytes_max):
            raise self._refusal(code)
        client.is_gone = push.terminating
        client.pushed_ms = _now_ms()
        metrics = self._unpacked(push, max(bytes_max, UNPACKED_BYTES_MAX))
        self._pushes.of(software).value += 1
        self._bytes.of(software).value += len(metrics)
        return metrics

    def _client(self, instance: Uuid, subscription: Subscription) -> Client:
        """The client, now the one that was heard of last. What it has been told before ends with a new subscription."""
        client = self._clients.pop(instance, None)
        if client is None or client.subscription.id != subscription.id:
            client = Client(subscription=subscription)
        if len(self._clients) >= self._clients_max:
            del self._clients[next(iter(self._clients))]
        self._clients[instance] = client
        return client

    def _unpacked(self, push: Push, bytes_max: int) -> bytes:
        if not push.metrics:
            return b""
        try:
            return decompress(Compression(push.compression), push.metrics, decompressed_max=bytes_max)
        except BatchTooLarge:
            raise self._refusal(ErrorCode.TELEMETRY_TOO_LARGE) from None
        except CorruptBatch:
            raise self._refusal(ErrorCode.INVALID_RECORD) from None

    def _refusal(self, code: ErrorCode) -> Refused:
        self._refused.of(code.name).value += 1
        return Refused(code)


def _refusal(client: Client, push: Push, bytes_max: int) -> ErrorCode | None:
    """In the order in which Kafka asks."""
    if client.is_gone:
        return ErrorCode.INVALID_REQUEST
    if not push.terminating and not _may_push(client):
        return ErrorCode.THROTTLING_QUOTA_EXCEEDED
    if push.subscription_id != client.subscription.id:
        return ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    if push.compression not in tuple(Compression):
        return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    return ErrorCode.TELEMETRY_TOO_LARGE if len(push.metrics) > bytes_max else None


def _may_push(client: Client) -> bool:
    """The first push after a client has asked comes at a random moment of the interval, so it is never too early."""
    if client.pushed_ms is None or (client.asked_ms is not None and client.asked_ms > client.pushed_ms):
        return True
    return _now_ms() - client.pushed_ms >= client.subscription.interval_ms


def _now_ms() -> int:
    return int(asyncio.get_running_loop().time() * SECOND_MS)
