"""Instances of a streams application that do what they are told, as Kafka Streams does."""

from collections.abc import Mapping

from tests.control.groups.rig import Rig

from headwater.control.errors import ControlError
from headwater.control.groups.streams.configuring import Status
from headwater.control.groups.streams.requests import StreamsHeartbeat, StreamsHeartbeatAnswer
from headwater.control.groups.streams.tasks import TaskId, Tasks, grouped
from headwater.wire.messages.streams_group_heartbeat_request import (
    Endpoint,
    KeyValue,
    StreamsGroupHeartbeatRequest,
    Subtopology,
    TaskIds,
    TaskOffset,
    TopicInfo,
    Topology,
)

WORDS = Topology(
    epoch=0,
    subtopologies=(
        Subtopology(subtopology_id="0", source_topics=("lines",), repartition_sink_topics=("again",)),
        Subtopology(
            subtopology_id="1",
            repartition_source_topics=(TopicInfo(name="again"),),
            state_changelog_topics=(TopicInfo(name="counts"),),
        ),
    ),
)
COPIES = Topology(epoch=0, subtopologies=(Subtopology(subtopology_id="0", source_topics=("lines",)),))


def task_ids(tasks: frozenset[TaskId]) -> tuple[TaskIds, ...]:
    return tuple(TaskIds(subtopology_id=each, partitions=partitions) for each, partitions in grouped(tasks))


class Client:
    """One member. `beat` sends what it knows, `joins` begins anew."""

    def __init__(
        self,
        rig: Rig,
        member_id: str,
        *,
        process: str | None = None,
        instance: str | None = None,
        topology: Topology = COPIES,
        endpoint: Endpoint | None = None,
        tells: bool = False,
    ) -> None:
        """One that `tells` is of Kafka 4.4: it speaks version 1, and says how far it has restored its tasks."""
        self.rig = rig
        self.member_id = member_id
        self.process = process or f"process of {member_id}"
        self.instance = instance
        self.topology = topology
        self.endpoint = endpoint
        self.tells = tells
        self.epoch = 0
        self.endpoint_epoch = -1
        self.tasks = Tasks()
        self.answer: StreamsHeartbeatAnswer | None = None

    def join(self, **more: object) -> StreamsHeartbeatAnswer:
        self.epoch, self.tasks = 0, Tasks()
        return self.took(self.ask(**more))

    def beat(self, **more: object) -> StreamsHeartbeatAnswer:
        return self.took(self.ask(**more))

    def leave(self, epoch: int = -1) -> StreamsHeartbeatAnswer:
        answer = self.ask(member_epoch=epoch)
        assert isinstance(answer, StreamsHeartbeatAnswer)
        return answer

    def ask(self, **more: object) -> object:
        """The answer, or the refusal."""
        return self.rig.ask(self.request(**more))

    def refused(self, **more: object) -> ControlError:
        answer = self.ask(**more)
        assert isinstance(answer, ControlError)
        return answer

    def request(self, **more: object) -> StreamsHeartbeat:
        joins = more.get("member_epoch", self.epoch) == 0
        leaves = int(str(more.get("member_epoch", self.epoch))) < 0
        fields: dict[str, object] = {
            "group_id": "g",
            "member_id": self.member_id,
            "member_epoch": self.epoch,
            "instance_id": self.instance,
            "endpoint_information_epoch": self.endpoint_epoch,
            "rebalance_timeout_ms": 60_000 if joins else -1,
            "topology": self.topology if joins else None,
            "process_id": self.process if joins else None,
            "user_endpoint": self.endpoint if joins else None,
            "client_tags": () if joins else None,
        }
        if not leaves:
            fields |= {
                "active_tasks": task_ids(self.tasks.active),
                "standby_tasks": task_ids(self.tasks.standby),
                "warmup_tasks": task_ids(self.tasks.warmup),
            }
        message = StreamsGroupHeartbeatRequest(**fields | more)  # type: ignore[arg-type]
        return StreamsHeartbeat(
            group_id="g", client_id="c", client_host="/127.0.0.1", knows_version_1=self.tells, message=message
        )

    def took(self, answer: object) -> StreamsHeartbeatAnswer:
        assert isinstance(answer, StreamsHeartbeatAnswer), answer
        self.epoch, self.answer = answer.member_epoch, answer
        self.endpoint_epoch = answer.endpoint_epoch
        if answer.tasks is not None:
            self.tasks = answer.tasks
        return answer

    @property
    def active(self) -> dict[str, tuple[int, ...]]:
        return dict(grouped(self.tasks.active))

    @property
    def statuses(self) -> list[Status]:
        assert self.answer is not None
        return [each.status for each in self.answer.notes]


def tags(**values: str) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(key=key, value=value) for key, value in values.items())


def offsets(of: Mapping[TaskId, int]) -> tuple[TaskOffset, ...]:
    return tuple(
        TaskOffset(subtopology_id=task.subtopology_id, partition=task.partition, offset=offset)
        for task, offset in of.items()
    )


def settle(*clients: Client, rounds: int = 8) -> None:
    """Until everybody has what it should."""
    for _ in range(rounds):
        for each in clients:
            each.beat()
