"""Reads what a fetch asks for: one pass over its partitions, in their order, within its limits.

The first partition that has anything gives its first batch whole, however large (KIP-74); all after it must fit. A partition
for which nothing is left is still answered, with its bounds and no records.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from headwater.broker.fetch.asked import Answer, Asked, Seen, refused
from headwater.broker.leader_epochs import epoch_refusal
from headwater.kernel.units import KiB, MiB
from headwater.log.errors import LogError, OffsetOutOfRange
from headwater.log.port import Bounds, Isolation, Log, Slice
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_response import (
    AbortedTransaction,
    EpochEndOffset,
    LeaderIdAndEpoch,
    PartitionData,
)
from headwater.wire.types import LeaderEpoch, NodeId, Offset

_ZSTD_FROM: Final = 10
_STORAGE_ERROR_FROM: Final = 6
_LEADERS_FROM: Final = 16
"""From here on a client that has missed a change of leader is told the new one (KIP-951)."""

_TURN_BYTES: Final = 16 * MiB
"""What is read before others have a turn: some milliseconds from the page cache."""
_PARTITION_COST: Final = 32 * KiB
"""To look at a partition takes as long as to copy so many bytes."""

Target = tuple[Log, Asked] | Answer
"""Where to read, or why not."""


class Order(Struct, frozen=True, kw_only=True, gc=False):
    """A fetch's limits."""

    version: int
    leader: NodeId
    """Who leads every partition that is read here: this broker."""
    isolation: Isolation
    min_bytes: int
    max_bytes: int
    wait_ms: int


async def read_all(targets: Sequence[Target], order: Order, *, bytes_max: int) -> list[Answer]:
    left, is_first, turn_left = bytes_max, True, _TURN_BYTES
    answers = []
    for target in targets:
        if isinstance(target, Answer):
            answers.append(target)
            continue
        log, asked = target
        fits = max(min(left, asked.partition.partition_max_bytes), 0)
        answer = await _read(log, asked, order, bytes_max=fits, whole_first=is_first)
        if answer.size:
            is_first = False
            left = max(left - answer.size, 0)
        answers.append(answer)
        turn_left -= answer.size + _PARTITION_COST
        if turn_left < 0:
            turn_left = _TURN_BYTES
            await asyncio.sleep(0)
    return answers


async def _read(log: Log, asked: Asked, order: Order, *, bytes_max: int, whole_first: bool) -> Answer:
    bounds = log.bounds
    if code := epoch_refusal(asked.partition.current_leader_epoch, bounds):
        return refused(asked, code, leader=_leader(code, order, bounds))
    if order.version < _ZSTD_FROM and log.settings.compression_type == "zstd":
        return refused(asked, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    if asked.partition.last_fetched_epoch >= 0 and (diverging := _diverging(log, asked, bounds)):
        return diverging
    try:
        found = await log.read(
            Offset(asked.partition.fetch_offset),
            bytes_max=bytes_max,
            isolation=order.isolation,
            whole_first=whole_first,
        )
    except OffsetOutOfRange:
        return refused(asked, ErrorCode.OFFSET_OUT_OF_RANGE, bounds=bounds)
    except LogError as error:
        return refused(asked, _told(error.code, order.version))
    return _answer(log, asked, found, order)


def _leader(code: ErrorCode, order: Order, bounds: Bounds) -> LeaderIdAndEpoch:
    if code is not ErrorCode.FENCED_LEADER_EPOCH or order.version < _LEADERS_FROM:
        return LeaderIdAndEpoch()
    return LeaderIdAndEpoch(leader_id=order.leader, leader_epoch=bounds.epoch)


def _answer(log: Log, asked: Asked, found: Slice, order: Order) -> Answer:
    bounds = found.bounds
    data = PartitionData(
        partition_index=asked.partition.partition,
        high_watermark=bounds.high_watermark,
        last_stable_offset=bounds.last_stable,
        log_start_offset=bounds.start,
        aborted_transactions=_aborted(found) if order.isolation is Isolation.READ_COMMITTED else None,
        records=found.data or b"",
    )
    return Answer(asked=asked, data=data, size=found.size, seen=Seen(log=log, bounds=bounds))


def _aborted(found: Slice) -> tuple[AbortedTransaction, ...]:
    return tuple(AbortedTransaction(producer_id=each.producer_id, first_offset=each.first) for each in found.aborted)


def _diverging(log: Log, asked: Asked, bounds: Bounds) -> Answer | None:
    """Where the client's log and ours part (KIP-595): it has records of an epoch that ended earlier here."""
    partition = asked.partition
    if partition.fetch_offset < bounds.start:
        return refused(asked, ErrorCode.OFFSET_OUT_OF_RANGE, bounds=bounds)
    ended = log.end_of_epoch(LeaderEpoch(partition.last_fetched_epoch))
    if ended is None:
        return refused(asked, ErrorCode.OFFSET_OUT_OF_RANGE, bounds=bounds)
    if ended.epoch == partition.last_fetched_epoch and ended.end >= partition.fetch_offset:
        return None
    data = PartitionData(
        partition_index=partition.partition,
        high_watermark=bounds.high_watermark,
        last_stable_offset=bounds.last_stable,
        log_start_offset=bounds.start,
        diverging_epoch=EpochEndOffset(epoch=ended.epoch, end_offset=ended.end),
        aborted_transactions=None,
        records=b"",
    )
    return Answer(asked=asked, data=data, is_urgent=True)


def _told(code: ErrorCode, version: int) -> ErrorCode:
    """Old clients don't know a failed storage; they look for the leader anew, which is what it asks of them."""
    if code is ErrorCode.KAFKA_STORAGE_ERROR and version < _STORAGE_ERROR_FROM:
        return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return code
