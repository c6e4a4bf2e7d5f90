"""A consumer in the hand: it sends heartbeats and owns what it is told to own."""

from collections.abc import Mapping

from tests.control.groups.rig import Rig

from headwater.control.groups.consumer.requests import ConsumerHeartbeat, Heartbeaten
from headwater.wire.types import Uuid

Owned = dict[Uuid, tuple[int, ...]]


class Client:
    """What it was assigned it owns at once, and says so with the next heartbeat."""

    def __init__(
        self,
        rig: Rig,
        member_id: str,
        *,
        topics: tuple[str, ...] | None = ("t",),
        expression: str | None = None,
        instance: str | None = None,
        assignor: str | None = None,
        group: str = "g",
        rebalance_timeout_ms: int = 60_000,
    ) -> None:
        self.rig = rig
        self.member_id = member_id
        self.topics = topics
        self.expression = expression
        self.instance = instance
        self.assignor = assignor
        self.group = group
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.epoch = 0
        self.owned: Owned = {}

    def join(self, matched: Mapping[str, tuple[str, ...]] | None = None) -> object:
        self.epoch, self.owned = 0, {}
        return self._took(
            self._heartbeat(
                rebalance_timeout_ms=self.rebalance_timeout_ms,
                topics=self.topics,
                expression=self.expression,
                assignor=self.assignor,
                owned={},
                matched=matched or {},
            )
        )

    def beat(self, **fields: object) -> object:
        return self._took(self._heartbeat(owned=self.owned, **fields))

    def settle(self, *others: "Client") -> None:
        """Heartbeats of all, until nobody has anything to change any more."""
        for _ in range(10):
            for each in (self, *others):
                each.beat()

    def leave(self, epoch: int = -1) -> object:
        self.epoch = epoch
        return self._heartbeat()

    def partitions(self, topic: str = "t") -> tuple[int, ...]:
        topic_id = self.rig.topics.id_of(topic)  # type: ignore[arg-type] # a name is a text
        return () if topic_id is None else self.owned.get(topic_id, ())

    def _heartbeat(self, **fields: object) -> object:
        return self.rig.ask(
            ConsumerHeartbeat(
                group_id=self.group,
                member_id=self.member_id,
                epoch=self.epoch,
                instance_id=self.instance,
                client_id="c",
                client_host="/127.0.0.1",
                **fields,  # type: ignore[arg-type] # checked where it matters: the machine's tests
            )
        )

    def _took(self, answer: object) -> object:
        if isinstance(answer, Heartbeaten):
            self.epoch = answer.epoch
            if answer.assignment is not None:
                self.owned = {topic: tuple(sorted(held)) for topic, held in answer.assignment.items()}
        return answer
