"""What others see of a broker whose partitions come and go."""

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.broker.serving import run

from headwater.broker import partitions as module
from headwater.broker.partitions import Partitions
from headwater.broker.settings import SETTINGS as BROKER_SETTINGS
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.layers import LiveSettings
from headwater.log.settings import SETTINGS as LOG_SETTINGS
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import Uuid

WIDE = Uuid(bytes([1]) * 16)
PARTITIONS = 100


class Unwaiting:
    """Logs that are opened without having to wait, as those of new partitions are."""

    def __init__(self) -> None:
        self.opened: list[int] = []

    def get(self, topic_id: Uuid, index: int) -> None:
        return None

    async def open(self, partition: Any, *, epoch: Any, settings: Any) -> Any:
        self.opened.append(partition.index)
        return SimpleNamespace(partition=partition, lead=lambda epoch: None)


def settings() -> LiveSettings:
    return LiveSettings(Catalogue(BROKER_SETTINGS, LOG_SETTINGS), node_id=1, static={})


def test_others_have_their_turns_while_many_logs_are_opened():
    async def check() -> None:
        logs: Any = Unwaiting()
        partitions = Partitions(logs=logs, settings=settings())
        partitions.durable([TopicRecord(name="wide", topic_id=WIDE)])
        partitions.durable([PartitionRecord(topic_id=WIDE, partition_id=index) for index in range(PARTITIONS)])
        opening = asyncio.ensure_future(partitions.run())
        turns = 0
        while len(logs.opened) < PARTITIONS:
            turns += 1
            await asyncio.sleep(0)
        opening.cancel()
        assert turns >= PARTITIONS
        assert logs.opened == list(range(PARTITIONS))

    run(check)


def test_topics_that_share_their_settings_share_what_is_made_of_them(monkeypatch):
    made: list[Any] = []
    monkeypatch.setattr(module, "log_settings", lambda view, broker: made.append(view))

    async def check() -> None:
        logs: Any = Unwaiting()
        partitions = Partitions(logs=logs, settings=settings())
        partitions.durable([TopicRecord(name="wide", topic_id=WIDE)])
        partitions.durable([PartitionRecord(topic_id=WIDE, partition_id=index) for index in range(PARTITIONS)])
        opening = asyncio.ensure_future(partitions.run())
        await partitions.settled()
        opening.cancel()
        assert len(logs.opened) == PARTITIONS

    run(check)
    assert len(made) == 1
