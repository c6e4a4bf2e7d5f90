"""The machines of the internal topics: one for each partition of such a topic, over its log."""

from headwater.broker.coordinators import Coordinators
from headwater.broker.markers import Markers
from headwater.broker.partitions import Partitions
from headwater.broker.share.state_intents import ShareStateIntents
from headwater.broker.transaction_ends import TransactionEnds
from headwater.control.cluster.machine import Cluster
from headwater.control.groups.codec import GroupCodec
from headwater.control.groups.consumer.settings import LiveConsumerGroupSettings
from headwater.control.groups.machine import Groups
from headwater.control.groups.settings import group_settings
from headwater.control.groups.share.settings import LiveShareGroupSettings
from headwater.control.groups.streams.settings import streams_settings
from headwater.control.share.codec import ShareCodec
from headwater.control.share.machine import ShareStates
from headwater.control.share.pruning import whole_of
from headwater.control.share.settings import PRUNE_INTERVAL_MS, coordinator_settings
from headwater.control.transactions.codec import TransactionCodec
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.settings import transaction_settings
from headwater.kernel.layers import LiveSettings
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Clock
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.journals.pruned import PrunedJournal
from headwater.log.port import Log
from headwater.machine.runtime import Runtime


class CoordinatedMachines:
    """Makes them; each needs no more than its log and whom it acts through."""

    def __init__(self, *, live: LiveSettings, partitions: Partitions, clock: Clock, ward: Ward) -> None:
        self._live = live
        self._partitions = partitions
        self._clock = clock
        self._ward = ward
        self._consumer_settings = LiveConsumerGroupSettings(live)
        self._share_settings = LiveShareGroupSettings(live)

    def groups(self, log: Log, states: Coordinators[ShareStates]) -> Runtime[Groups]:
        runtime = Runtime(
            f"groups {log.partition.index}",
            lambda: Groups(
                settings=lambda: self._live.broker.resolved(group_settings),
                topics=self._partitions,
                consumer_settings=self._consumer_settings,
                share_settings=self._share_settings,
                streams_settings=lambda group_id: streams_settings(self._live.group(group_id), self._live.broker),
            ),
            CoordinatorJournal(log, GroupCodec()),
            clock=self._clock,
            ward=self._ward,
        )
        intents = ShareStateIntents(runtime, states, self._partitions, ward=self._ward)
        runtime.subscribe(intents.durable, reloaded=intents.reloaded)
        return runtime

    def transactions(self, log: Log, markers: Markers, cluster: Runtime[Cluster]) -> Runtime[Transactions]:
        runtime = Runtime(
            f"transactions {log.partition.index}",
            lambda: Transactions(settings=lambda: self._live.broker.resolved(transaction_settings)),
            CoordinatorJournal(
                log, TransactionCodec(transaction_version=lambda: cluster.head.features.transaction_level)
            ),
            clock=self._clock,
            ward=self._ward,
        )
        ends = TransactionEnds(runtime, markers, coordinator_epoch=lambda: log.bounds.epoch)
        runtime.subscribe(ends.durable, reloaded=ends.reloaded)
        return runtime

    def share_states(self, log: Log) -> Runtime[ShareStates]:
        return Runtime(
            f"share states {log.partition.index}",
            lambda: ShareStates(
                settings=lambda: self._live.broker.resolved(coordinator_settings), has_partition=self._partitions.has_id
            ),
            PrunedJournal(
                log,
                ShareCodec(),
                whole=whole_of,
                interval_ms=lambda: self._live.broker[PRUNE_INTERVAL_MS],
            ),
            clock=self._clock,
            ward=self._ward,
        )
