"""All share partitions that are led here: loaded when somebody fetches, and let go when nobody does any more."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from headwater.broker.coordinators import Coordinators
from headwater.broker.errors import Refused
from headwater.broker.partitions import Partitions
from headwater.broker.refusals import code_of
from headwater.broker.share.leader import Bury, ShareLeader, told
from headwater.broker.share.refusal import Refusal
from headwater.control.share.errors import ShareError
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.machine import ShareStates
from headwater.control.share.settings import ShareSettings, share_settings
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Clock
from headwater.log.errors import LogError
from headwater.log.port import PartitionId
from headwater.wire.error_codes import ErrorCode


class ShareLeaders:
    def __init__(
        self,
        partitions: Partitions,
        states: Coordinators[ShareStates],
        *,
        settings: LiveSettings,
        clock: Clock,
        ward: Ward,
        bury: Bury,
        has_dead_letters: Callable[[], bool],
    ) -> None:
        self._partitions = partitions
        self._states = states
        self._settings = settings
        self._clock = clock
        self._ward = ward
        self._bury = bury
        self._has_dead_letters = has_dead_letters
        self._leaders: dict[str, dict[SharePartitionKey, ShareLeader]] = {}
        """By group."""
        partitions.on_forgotten(self._forget)

    def __len__(self) -> int:
        return sum(map(len, self._leaders.values()))

    def watch(self, counters: Counters) -> None:
        counters.watch("share_partitions", "Share partitions that are led here.", lambda: len(self))
        counters.watch("share_records_in_flight", "Records that are lent or done with out of order.", self._in_flight)

    def settings_of(self, group_id: str) -> ShareSettings:
        settings = self._settings.group(group_id).resolved(self._resolve)
        if settings.dead_letter_topic and not self._has_dead_letters():
            return replace(settings, dead_letter_topic="")
        return settings

    def find(self, key: SharePartitionKey) -> ShareLeader | None:
        """One that is loaded."""
        leader = self._leaders.get(key.group_id, {}).get(key)
        return leader if leader is not None and leader.partition is not None else None

    def get(self, key: SharePartitionKey) -> ShareLeader | Refusal:
        """Also one that is still being loaded. Raises TooBusy where too many are."""
        leader = self._leaders.get(key.group_id, {}).get(key)
        if leader is not None:
            return leader
        partition_log = self._partitions.find_by_id(key.topic_id, key.partition)
        if isinstance(partition_log, ErrorCode):
            return Refusal(code=partition_log, message=partition_log.name)
        leader = ShareLeader(
            key,
            partition_log,
            states=self._states,
            settings=partial(self.settings_of, key.group_id),
            clock=self._clock,
            bury=self._bury,
            lost=self.close,
        )
        self._ward.start(f"load share partition {key}", partial(self._load, leader))
        self._leaders.setdefault(key.group_id, {})[key] = leader
        return leader

    def close(self, leader: ShareLeader) -> None:
        """Its successor begins with what is remembered."""
        of_group = self._leaders.get(leader.key.group_id, {})
        if of_group.get(leader.key) is leader:
            del of_group[leader.key]
            if not of_group:
                del self._leaders[leader.key.group_id]
        leader.close()

    def close_all(self) -> None:
        for group_id in list(self._leaders):
            self.close_group(group_id)

    def close_group(self, group_id: str) -> None:
        """Nobody of this group is connected any more."""
        for leader in list(self._leaders.get(group_id, {}).values()):
            self.close(leader)

    async def _load(self, leader: ShareLeader) -> None:
        try:
            await leader.load()
        except (ShareError, Refused, LogError) as problem:
            leader.failure = told(Refusal(code=code_of(problem), message=str(problem)))
            self.close(leader)

    def _resolve(self, group: Settings) -> ShareSettings:
        """A group's view is replaced with the broker's, so what is made of both can be kept with the one."""
        return share_settings(group, self._settings.broker)

    def _forget(self, partition: PartitionId) -> None:
        for of_group in list(self._leaders.values()):
            for leader in list(of_group.values()):
                if leader.log.partition == partition:
                    self.close(leader)

    def _in_flight(self) -> int:
        leaders = (leader for of_group in self._leaders.values() for leader in of_group.values())
        return sum(leader.partition.in_flight for leader in leaders if leader.partition is not None)
