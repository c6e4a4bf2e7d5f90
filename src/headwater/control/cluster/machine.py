"""The cluster machine: one log of KRaft's metadata records, one family of them a file, joined here by two tables.

A request finds its decider by its type, a record its replayer by its own. Metadata transactions (KIP-868), which Kafka's
controller writes around long changes, are replayed at their end and dropped at their abort.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import structs

from headwater.control.cluster.brokers import Brokers
from headwater.control.cluster.client_quotas import ClientQuotas
from headwater.control.cluster.configs import ConfigRules, Configs
from headwater.control.cluster.features import LATEST_METADATA, Features
from headwater.control.cluster.kept import KEPT, REMOVALS, Kept
from headwater.control.cluster.leaders import Leaders
from headwater.control.cluster.producer_ids import ProducerIds
from headwater.control.cluster.requests import (
    AddPartitions,
    AllocateProducerIds,
    Bootstrap,
    ChangeConfigs,
    ChangeQuotas,
    CreateTopic,
    DeleteTopic,
    ElectLeader,
    ReassignPartition,
    RegisterBroker,
    ResourceType,
    UnregisterBroker,
    UnregisterController,
    UpdateFeatures,
)
from headwater.control.cluster.topics import Topics
from headwater.control.cluster.versions import fitted
from headwater.control.errors import TooOldForThat, UnknownTopic
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.machine.machine import Moment, Timeless
from headwater.wire.records.abort_transaction_record import AbortTransactionRecord
from headwater.wire.records.begin_transaction_record import BeginTransactionRecord
from headwater.wire.records.broker_registration_change_record import BrokerRegistrationChangeRecord
from headwater.wire.records.clear_elr_record import ClearElrRecord
from headwater.wire.records.client_quota_record import ClientQuotaRecord
from headwater.wire.records.config_record import ConfigRecord
from headwater.wire.records.end_transaction_record import EndTransactionRecord
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.records.fence_broker_record import FenceBrokerRecord
from headwater.wire.records.no_op_record import NoOpRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.producer_ids_record import ProducerIdsRecord
from headwater.wire.records.register_broker_record import RegisterBrokerRecord
from headwater.wire.records.register_controller_record import RegisterControllerRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.records.unfence_broker_record import UnfenceBrokerRecord
from headwater.wire.records.unregister_broker_record import UnregisterBrokerRecord
from headwater.wire.records.unregister_controller_record import UnregisterControllerRecord
from headwater.wire.records.zk_migration_state_record import ZkMigrationStateRecord
from headwater.wire.schema import Message
from headwater.wire.types import TopicName

Decider = Callable[..., Decision]
Replayer = Callable[[Any], None]


class Cluster(Timeless):
    """Brokers, topics, settings, quotas, features and producer ids. What handlers read stands in its public families."""

    def __init__(self, *, rules: ConfigRules) -> None:
        self.features = Features()
        self.brokers = Brokers()
        self.configs = Configs(rules=rules)
        self.topics = Topics(brokers=self.brokers, configs=self.configs)
        self._leaders = Leaders(brokers=self.brokers, topics=self.topics)
        self.quotas = ClientQuotas()
        self.producer_ids = ProducerIds()
        self.kept = Kept()
        self._transaction: list[Record] | None = None
        self._deciders = self._decider_table()
        self._replayers = self._replayer_table()

    def decide(self, request: object, *, ticket: Ticket, moment: Moment) -> Decision:  # noqa: ARG002 - nothing here is timed
        decision = self._deciders[type(request)](request, ticket=ticket)
        if self.features.metadata_level == LATEST_METADATA:
            return decision
        return structs.replace(decision, records=tuple(map(self._fitted, decision.records)))

    def replay(self, record: Record) -> None:
        kind = type(record)
        if kind is BeginTransactionRecord:
            self._transaction = []
        elif kind is AbortTransactionRecord:
            self._transaction = None
        elif kind is EndTransactionRecord:
            done, self._transaction = self._transaction or [], None
            for each in done:
                self._replayers[type(each)](each)
        elif self._transaction is not None:
            self._transaction.append(record)
        else:
            self._replayers[kind](record)

    def snapshot(self) -> Iterator[Record]:
        """In an order in which each record finds what it leans on."""
        families = (self.features, self.brokers, self.topics, self.configs, self.quotas, self.producer_ids, self.kept)
        for family in families:
            yield from map(self._fitted, family.snapshot())

    def _fitted(self, record: Record) -> Record:
        return fitted(record, self.features.metadata_level)

    def _decide_register(self, request: RegisterBroker, *, ticket: Ticket) -> Decision:
        records = self.brokers.registration(request, controller_registration=self.features.registers_controllers)
        leading = self.topics.led_from_start(request.node_id, unclean=request.unclean)
        return Decision(records=(*records, *leading), answers=((ticket, records[0].broker_epoch),))

    def _decide_unregister_controller(self, request: UnregisterController, *, ticket: Ticket) -> Decision:
        if not self.features.unregisters_controllers:
            reason = "The current MetadataVersion is too old to support controller unregistration."
            return answer(ticket, TooOldForThat(reason))
        return self.brokers.decide_unregister_controller(request, ticket=ticket)

    def _decide_change_configs(self, request: ChangeConfigs, *, ticket: Ticket) -> Decision:
        resource = request.resource
        if resource.type is ResourceType.TOPIC and self.topics.named(TopicName(resource.name)) is None:
            return answer(ticket, UnknownTopic(resource.name))
        return self.configs.decide_change(request, ticket=ticket)

    def _decider_table(self) -> Mapping[type, Decider]:
        return {
            CreateTopic: self.topics.decide_create,
            DeleteTopic: self.topics.decide_delete,
            AddPartitions: self.topics.decide_add_partitions,
            ElectLeader: self._leaders.decide_elect,
            ReassignPartition: self._leaders.decide_reassign,
            ChangeConfigs: self._decide_change_configs,
            ChangeQuotas: self.quotas.decide_change,
            AllocateProducerIds: self.producer_ids.decide_allocate,
            UpdateFeatures: self.features.decide_update,
            Bootstrap: self.features.decide_bootstrap,
            RegisterBroker: self._decide_register,
            UnregisterBroker: self.brokers.decide_unregister,
            UnregisterController: self._decide_unregister_controller,
        }

    def _replayer_table(self) -> Mapping[type[Message], Replayer]:
        return {
            TopicRecord: self.topics.replay_topic,
            PartitionRecord: self.topics.replay_partition,
            PartitionChangeRecord: self.topics.replay_partition_change,
            RemoveTopicRecord: self.topics.replay_remove,
            ClearElrRecord: self.topics.replay_clear_eligible,
            ConfigRecord: self.configs.replay,
            ClientQuotaRecord: self.quotas.replay,
            FeatureLevelRecord: self.features.replay,
            ProducerIdsRecord: self.producer_ids.replay,
            RegisterBrokerRecord: self.brokers.replay_register,
            BrokerRegistrationChangeRecord: self.brokers.replay_change,
            FenceBrokerRecord: self.brokers.replay_fence,
            UnfenceBrokerRecord: self.brokers.replay_unfence,
            UnregisterBrokerRecord: self.brokers.replay_unregister,
            RegisterControllerRecord: self.brokers.replay_controller,
            UnregisterControllerRecord: self.brokers.replay_unregister_controller,
            NoOpRecord: _ignore,
            ZkMigrationStateRecord: _ignore,
            **dict.fromkeys(KEPT, self.kept.replay),
            **dict.fromkeys(REMOVALS, self.kept.replay_removal),
        }


def _ignore(record: Record) -> None:
    """A heartbeat of the quorum, or the end of a migration that is long over."""
