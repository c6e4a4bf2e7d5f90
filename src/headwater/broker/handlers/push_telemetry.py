"""PushTelemetry: the metrics that a client was asked for (KIP-714)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.settings import TELEMETRY_MAX_BYTES
from headwater.broker.telemetry import Push
from headwater.broker.telemetry_subscriptions import labels_of, subscription_of
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.push_telemetry_request import PushTelemetryRequest
from headwater.wire.messages.push_telemetry_response import PushTelemetryResponse
from headwater.wire.types import ZERO_UUID


def refuse(request: PushTelemetryRequest, code: ErrorCode) -> PushTelemetryResponse:
    del request
    return PushTelemetryResponse(error_code=code)


API = Api(PushTelemetryRequest, versions=between(0, 0), refuse=refuse)


async def handle(context: Context, request: PushTelemetryRequest) -> PushTelemetryResponse:
    instance = request.client_instance_id
    if instance == ZERO_UUID:
        raise Refused(ErrorCode.INVALID_REQUEST, "a client pushes under the id that it was given")
    subscription = subscription_of(context, instance)
    metrics = context.services.telemetry.pushed(
        instance,
        subscription,
        Push(
            subscription_id=request.subscription_id,
            compression=request.compression_type,
            metrics=bytes(request.metrics),
            terminating=request.terminating,
        ),
        software=context.session.client_software or "unknown",
        bytes_max=context.services.settings.broker[TELEMETRY_MAX_BYTES],
    )
    if metrics:
        labels = labels_of(context, instance)
        await context.services.client_metrics.take(instance, metrics, labels, interval_ms=subscription.interval_ms)
    return PushTelemetryResponse()
