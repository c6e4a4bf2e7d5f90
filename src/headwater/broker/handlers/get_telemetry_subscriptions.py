"""GetTelemetrySubscriptions: which of its metrics a client should push, and how often (KIP-714). Everybody may ask."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.settings import TELEMETRY_MAX_BYTES
from headwater.broker.telemetry_subscriptions import subscription_of
from headwater.wire.batch.attributes import Compression
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.get_telemetry_subscriptions_request import GetTelemetrySubscriptionsRequest
from headwater.wire.messages.get_telemetry_subscriptions_response import GetTelemetrySubscriptionsResponse
from headwater.wire.types import ZERO_UUID, Uuid

_ACCEPTED: Final = (Compression.ZSTD, Compression.LZ4, Compression.GZIP, Compression.SNAPPY)
"""The best first; none at all is always accepted."""


def refuse(request: GetTelemetrySubscriptionsRequest, code: ErrorCode) -> GetTelemetrySubscriptionsResponse:
    return GetTelemetrySubscriptionsResponse(error_code=code, client_instance_id=request.client_instance_id)


API = Api(GetTelemetrySubscriptionsRequest, versions=between(0, 0), refuse=refuse)


async def handle(context: Context, request: GetTelemetrySubscriptionsRequest) -> GetTelemetrySubscriptionsResponse:
    services = context.services
    asked = request.client_instance_id
    instance = Uuid(services.randomness.uuid()) if asked == ZERO_UUID else asked
    subscription = subscription_of(context, instance)
    services.telemetry.asked(instance, subscription)
    return GetTelemetrySubscriptionsResponse(
        client_instance_id=instance,
        subscription_id=subscription.id,
        accepted_compression_types=_ACCEPTED,
        push_interval_ms=subscription.interval_ms,
        telemetry_max_bytes=services.settings.broker[TELEMETRY_MAX_BYTES],
        delta_temporality=False,  # what comes again replaces what came before, and a lost push loses nothing
        requested_metrics=subscription.metrics,
    )
