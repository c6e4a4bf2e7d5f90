"""Topics as clients ask for them: what they leave open is filled from the broker's settings, and the rest is the machine's.

An explicit replication factor is a wish that is granted or refused. The default is our own choice, so it is cut to the
number of brokers there are, and a log line says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.broker.context import Services
from headwater.broker.errors import Refused
from headwater.broker.settings import DEFAULT_REPLICATION_FACTOR, NUM_PARTITIONS
from headwater.control.cluster.requests import CreateTopic
from headwater.control.cluster.topics import PARTITIONS_MAX, Topic
from headwater.control.errors import ControlError
from headwater.kernel.logging import get
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import NodeId, TopicName, Uuid

OPEN = -1
"""Where a client leaves a number to the broker (KIP-464)."""

log = get("broker.topics")


def new_topic(
    services: Services,
    name: TopicName,
    *,
    partitions: int = OPEN,
    replication_factor: int = OPEN,
    assignments: tuple[tuple[NodeId, ...], ...] = (),
    settings: Mapping[str, str] | None = None,
    validate_only: bool = False,
) -> CreateTopic:
    """The request to the cluster machine."""
    wanted_factor = default_factor(services, name) if replication_factor == OPEN else replication_factor
    return CreateTopic(
        name=name,
        topic_id=Uuid(services.randomness.uuid()),
        partitions=services.settings.broker[NUM_PARTITIONS] if partitions == OPEN else partitions,
        replication_factor=wanted_factor,
        assignments=assignments,
        settings=settings or {},
        validate_only=validate_only,
    )


def default_factor(services: Services, name: TopicName) -> int:
    factor = services.settings.broker[DEFAULT_REPLICATION_FACTOR]
    brokers = len(services.cluster.head.brokers.active())
    if factor > brokers > 0:
        log.warn(
            "the default replication factor is cut to the brokers there are", topic=name, factor=factor, to=brokers
        )
        return brokers
    return factor


async def create(services: Services, requests: Sequence[CreateTopic]) -> list[Topic | ControlError]:
    """Each sees the one before. Those that were made can be produced to when this returns. Raises Refused."""
    if sum(len(each.assignments) or each.partitions for each in requests) > PARTITIONS_MAX:
        raise Refused(ErrorCode.POLICY_VIOLATION, f"one request makes at most {PARTITIONS_MAX} partitions")
    answers: list[Any] = await services.cluster.submit(requests)
    for request, answer in zip(requests, answers, strict=True):
        if isinstance(answer, Topic) and not request.validate_only:
            await services.partitions.opened(answer.topic_id)
    return answers
