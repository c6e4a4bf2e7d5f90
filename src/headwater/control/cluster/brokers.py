"""Who is registered: brokers and controllers, with their endpoints, directories and epochs."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.cluster.features import SUPPORTED
from headwater.control.cluster.requests import Endpoint, RegisterBroker, UnregisterBroker, UnregisterController
from headwater.control.errors import UnknownBroker, UnknownController
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.wire.records.broker_registration_change_record import BrokerRegistrationChangeRecord
from headwater.wire.records.fence_broker_record import FenceBrokerRecord
from headwater.wire.records.register_broker_record import BrokerEndpoint, BrokerFeature, RegisterBrokerRecord
from headwater.wire.records.register_controller_record import (
    ControllerEndpoint,
    ControllerFeature,
    RegisterControllerRecord,
)
from headwater.wire.records.unfence_broker_record import UnfenceBrokerRecord
from headwater.wire.records.unregister_broker_record import UnregisterBrokerRecord
from headwater.wire.records.unregister_controller_record import UnregisterControllerRecord
from headwater.wire.types import ZERO_UUID, NodeId, Uuid

_FENCE: Final = 1
_UNFENCE: Final = -1


class Broker(Struct, frozen=True, kw_only=True):
    """One registration. `features` are the (lowest, highest) levels that this broker can live with."""

    node_id: NodeId
    epoch: int
    incarnation: Uuid
    endpoints: tuple[Endpoint, ...]
    directories: tuple[Uuid, ...]
    cordoned: tuple[Uuid, ...] | None
    rack: str | None
    fenced: bool
    in_controlled_shutdown: bool
    features: Mapping[str, tuple[int, int]]

    @property
    def directory(self) -> Uuid:
        """Where what is new to it goes; unassigned where its registration is too old to say."""
        return self.directories[0] if self.directories else ZERO_UUID


class Brokers:
    """The family of the registration records."""

    def __init__(self) -> None:
        self._brokers: dict[NodeId, Broker] = {}
        self._controllers: dict[int, RegisterControllerRecord] = {}

    def __iter__(self) -> Iterator[Broker]:
        return iter(self._brokers.values())

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._brokers

    def get(self, node_id: NodeId) -> Broker:
        """Raises UnknownBroker."""
        try:
            return self._brokers[node_id]
        except KeyError:
            raise UnknownBroker(f"No broker with the id {node_id} is registered.") from None

    def active(self) -> list[Broker]:
        """Those that can lead, by id."""
        usable = (each for each in self if not each.fenced and not each.in_controlled_shutdown)
        return sorted(usable, key=lambda each: each.node_id)

    def registration(self, request: RegisterBroker, *, controller_registration: bool) -> tuple[Record, ...]:
        """The records of a process that begins; it is broker and controller in one."""
        before = self._brokers.get(request.node_id)
        broker = RegisterBrokerRecord(
            broker_id=request.node_id,
            incarnation_id=request.incarnation,
            broker_epoch=before.epoch + 1 if before else 0,
            end_points=tuple(
                BrokerEndpoint(name=each.name, host=each.host, port=each.port, security_protocol=each.security_protocol)
                for each in request.endpoints
            ),
            features=tuple(
                BrokerFeature(name=name, min_supported_version=low, max_supported_version=high)
                for name, (low, high) in SUPPORTED.items()
            ),
            rack=request.rack,
            fenced=False,
            log_dirs=(request.directory,),
        )
        return (broker, _controller(request)) if controller_registration else (broker,)

    def decide_unregister(self, request: UnregisterBroker, *, ticket: Ticket) -> Decision:
        broker = self._brokers.get(request.node_id)
        if broker is None:
            return answer(ticket, UnknownBroker(f"Broker ID {request.node_id} is not currently registered"))
        record = UnregisterBrokerRecord(broker_id=request.node_id, broker_epoch=broker.epoch)
        return Decision(records=(record,), answers=((ticket, None),))

    def decide_unregister_controller(self, request: UnregisterController, *, ticket: Ticket) -> Decision:
        if request.node_id not in self._controllers:
            return answer(ticket, UnknownController(f"Controller ID {request.node_id} is not currently registered."))
        record = UnregisterControllerRecord(controller_id=request.node_id)
        return Decision(records=(record,), answers=((ticket, None),))

    # --- replaying

    def replay_register(self, record: RegisterBrokerRecord) -> None:
        node_id = NodeId(record.broker_id)
        self._brokers[node_id] = Broker(
            node_id=node_id,
            epoch=record.broker_epoch,
            incarnation=record.incarnation_id,
            endpoints=tuple(
                Endpoint(name=each.name, host=each.host, port=each.port, security_protocol=each.security_protocol)
                for each in record.end_points
            ),
            directories=record.log_dirs,
            cordoned=record.cordoned_log_dirs,
            rack=record.rack,
            fenced=record.fenced,
            in_controlled_shutdown=record.in_controlled_shutdown,
            features={each.name: (each.min_supported_version, each.max_supported_version) for each in record.features},
        )

    def replay_change(self, record: BrokerRegistrationChangeRecord) -> None:
        node_id = NodeId(record.broker_id)
        broker = self._brokers[node_id]
        fenced = {_FENCE: True, _UNFENCE: False}.get(record.fenced, broker.fenced)
        self._brokers[node_id] = replace(
            broker,
            fenced=fenced,
            in_controlled_shutdown=broker.in_controlled_shutdown or record.in_controlled_shutdown == 1,
            directories=record.log_dirs or broker.directories,
            cordoned=broker.cordoned if record.cordoned_log_dirs is None else record.cordoned_log_dirs,
        )

    def replay_fence(self, record: FenceBrokerRecord) -> None:
        self._set_fenced(NodeId(record.id), fenced=True)

    def replay_unfence(self, record: UnfenceBrokerRecord) -> None:
        self._set_fenced(NodeId(record.id), fenced=False)

    def _set_fenced(self, node_id: NodeId, *, fenced: bool) -> None:
        self._brokers[node_id] = replace(self._brokers[node_id], fenced=fenced)

    def replay_unregister(self, record: UnregisterBrokerRecord) -> None:
        del self._brokers[NodeId(record.broker_id)]

    def replay_controller(self, record: RegisterControllerRecord) -> None:
        self._controllers[record.controller_id] = record

    def replay_unregister_controller(self, record: UnregisterControllerRecord) -> None:
        del self._controllers[record.controller_id]

    def snapshot(self) -> Iterator[Record]:
        yield from self._controllers.values()
        for broker in self:
            yield _record_of(broker)


def _controller(request: RegisterBroker) -> RegisterControllerRecord:
    return RegisterControllerRecord(
        controller_id=request.node_id,
        incarnation_id=request.incarnation,
        end_points=tuple(
            ControllerEndpoint(name=each.name, host=each.host, port=each.port, security_protocol=each.security_protocol)
            for each in request.endpoints
        ),
        features=tuple(
            ControllerFeature(name=name, min_supported_version=low, max_supported_version=high)
            for name, (low, high) in SUPPORTED.items()
        ),
    )


def _record_of(broker: Broker) -> RegisterBrokerRecord:
    return RegisterBrokerRecord(
        broker_id=broker.node_id,
        incarnation_id=broker.incarnation,
        broker_epoch=broker.epoch,
        end_points=tuple(
            BrokerEndpoint(name=each.name, host=each.host, port=each.port, security_protocol=each.security_protocol)
            for each in broker.endpoints
        ),
        features=tuple(
            BrokerFeature(name=name, min_supported_version=low, max_supported_version=high)
            for name, (low, high) in broker.features.items()
        ),
        rack=broker.rack,
        fenced=broker.fenced,
        in_controlled_shutdown=broker.in_controlled_shutdown,
        log_dirs=broker.directories,
        cordoned_log_dirs=broker.cordoned,
    )
