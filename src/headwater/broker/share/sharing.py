"""The parts of share groups' data path, put together: who leads share partitions, who has a session, and where dead letters go."""

from dataclasses import dataclass

from headwater.broker.coordinators import Coordinators
from headwater.broker.partitions import Partitions
from headwater.broker.settings import MAX_SHARE_SESSIONS
from headwater.broker.share.dead_letter_queue import DeadLetterQueue
from headwater.broker.share.leaders import ShareLeaders
from headwater.broker.share.sessions import ShareSession, ShareSessions
from headwater.control.cluster.features import DEAD_LETTERS_FROM
from headwater.control.cluster.machine import Cluster
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.machine import ShareStates
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Clock, Randomness
from headwater.machine.runtime import Runtime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sharing:
    leaders: ShareLeaders
    sessions: ShareSessions
    dead_letters: DeadLetterQueue

    def close(self) -> None:
        """Locks end with the process; nobody is to be told any more."""
        self.leaders.close_all()

    def watch(self, counters: Counters) -> None:
        for each in (self.leaders, self.sessions, self.dead_letters):
            each.watch(counters)


def sharing(
    partitions: Partitions,
    states: Coordinators[ShareStates],
    cluster: Runtime[Cluster],
    *,
    settings: LiveSettings,
    clock: Clock,
    randomness: Randomness,
    ward: Ward,
) -> Sharing:
    dead_letters = DeadLetterQueue(
        partitions, cluster, settings=settings, clock=clock, randomness=randomness, ward=ward
    )
    leaders = ShareLeaders(
        partitions,
        states,
        settings=settings,
        clock=clock,
        ward=ward,
        bury=dead_letters.bury,
        has_dead_letters=lambda: cluster.head.features.share_level >= DEAD_LETTERS_FROM,
    )

    def left(session: ShareSession) -> None:
        """What the member holds is free for others."""
        for topic_id, index in session.partitions:
            key = SharePartitionKey(group_id=session.member.group_id, topic_id=topic_id, partition=index)
            if leader := leaders.find(key):
                leader.release(session.member.member_id)

    sessions = ShareSessions(slots_max=settings.broker[MAX_SHARE_SESSIONS], left=left, emptied=leaders.close_group)
    return Sharing(leaders=leaders, sessions=sessions, dead_letters=dead_letters)
