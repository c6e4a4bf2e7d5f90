"""Which metrics one client is asked for: all subscriptions that match it, taken together (KIP-714)."""

from typing import Final
from zlib import crc32

from headwater.broker.client_patterns import matches, patterns_of
from headwater.broker.context import Context
from headwater.broker.settings import CLIENT_METRICS_INTERVAL_MS, CLIENT_METRICS_MATCH, CLIENT_METRICS_METRICS
from headwater.broker.telemetry import Subscription
from headwater.control.cluster.requests import ResourceType
from headwater.wire.types import Uuid, uuid_text

_ALL: Final = "*"


def subscription_of(context: Context, instance: Uuid) -> Subscription:
    """Every metric that one of them names, at the shortest interval. The id follows from these and the client."""
    names = context.services.cluster.head.configs.resources(ResourceType.CLIENT_METRICS)
    views = map(context.services.settings.subscription, names)
    client = _attributes(context, instance)
    matching = [each for each in views if matches(patterns_of(each[CLIENT_METRICS_MATCH]), client)]
    metrics = sorted(dict.fromkeys(metric for each in matching for metric in each[CLIENT_METRICS_METRICS]))
    interval_ms = min(
        (each[CLIENT_METRICS_INTERVAL_MS] for each in matching), default=CLIENT_METRICS_INTERVAL_MS.default
    )
    wanted = (_ALL,) if _ALL in metrics else tuple(metrics)
    digest = crc32(f"{wanted} {interval_ms}".encode()) ^ int.from_bytes(instance[:4], "big")
    return Subscription(id=digest - 2**31, metrics=wanted, interval_ms=interval_ms)


def labels_of(context: Context, instance: Uuid) -> tuple[tuple[str, str], ...]:
    """What a client's metrics carry, so that they can be told from another's."""
    session = context.session
    return (
        ("client_instance_id", uuid_text(instance)),
        ("client_id", context.client_id),
        ("client_software_name", session.client_software),
        ("client_software_version", session.client_software_version),
    )


def _attributes(context: Context, instance: Uuid) -> dict[str, str]:
    session = context.session
    return {
        "client_instance_id": uuid_text(instance),
        "client_id": context.client_id,
        "client_software_name": session.client_software,
        "client_software_version": session.client_software_version,
        "client_source_address": session.host,
        "client_source_port": str(session.port),
    }
