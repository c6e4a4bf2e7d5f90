"""What a member is told with its heartbeat: its tasks where they have changed, where others can be asked, and what is amiss."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from headwater.control.groups.streams.checking import JOINS
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note, Status
from headwater.control.groups.streams.endpoints import endpoints
from headwater.control.groups.streams.group import Group, Live, Member
from headwater.control.groups.streams.requests import StreamsHeartbeat, StreamsHeartbeatAnswer
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.table import Table
from headwater.control.groups.streams.tasks import Tasks


class Beaten(Struct, frozen=True, kw_only=True):
    """What a heartbeat has led to."""

    request: StreamsHeartbeat
    owned: Tasks | None
    group: Group
    live: Live
    settings: StreamsSettings
    topology: ConfiguredTopology
    before: Member
    member: Member
    in_group: Callable[[Iterable[Member]], Mapping[str, Member]]
    """These members of the group as they are now, the one that is told included."""
    notes: tuple[Note, ...]

    @property
    def tasks_changed(self) -> bool:
        return self.member.standing.held != self.before.standing.held

    @property
    def moved(self) -> bool:
        """Whether something is at another endpoint than before."""
        endpoint = self.member.metadata.user_endpoint
        return endpoint != self.before.metadata.user_endpoint or (self.tasks_changed and endpoint is not None)

    @property
    def missed_its_tasks(self) -> bool:
        """A member that joins knows none. One that says that it has others, or speaks of an epoch before, may have missed
        the answer in which it was told."""
        told = self.request.message.member_epoch
        is_behind = told == JOINS or told != self.before.standing.epoch
        has_others = self.owned is not None and self.owned != self.member.standing.held.tasks()
        return is_behind or has_others


def answer(table: Table, beaten: Beaten, now: int) -> StreamsHeartbeatAnswer:
    settings, live, standing = beaten.settings, beaten.live, beaten.member.standing
    if beaten.moved and beaten.group.group_id in table.groups:
        live.endpoint_epoch += 1
    knows_places = beaten.request.message.endpoint_information_epoch == live.endpoint_epoch and not beaten.moved
    return StreamsHeartbeatAnswer(
        member_id=beaten.member.member_id,
        member_epoch=standing.epoch,
        heartbeat_interval_ms=settings.heartbeat_interval_ms,
        task_offset_interval_ms=settings.task_offset_interval_ms,
        acceptable_recovery_lag=settings.acceptable_recovery_lag,
        notes=(*beaten.notes, *_notes(beaten)),
        tasks=standing.held.tasks() if beaten.tasks_changed or beaten.missed_its_tasks else None,
        endpoint_epoch=live.endpoint_epoch,
        endpoints=(
            None
            if knows_places
            else endpoints(beaten.in_group(beaten.group.with_endpoints()), beaten.topology, table.partition_count)
        ),
        wants_description=_wants_description(table, beaten, now),
        missing=beaten.topology.missing,
    )


def _wants_description(table: Table, beaten: Beaten, now: int) -> bool:
    """A member with an older topology could only describe that."""
    epoch = beaten.topology.epoch
    if not beaten.request.knows_version_1 or beaten.member.metadata.topology_epoch < epoch:
        return False
    return table.descriptions.asks(beaten.group.group_id, epoch, now)


def _notes(beaten: Beaten) -> Iterator[Note]:
    if beaten.topology.problem is not None:
        yield beaten.topology.problem
    if beaten.live.shutdown_by is not None:
        detail = (
            f"Streams group member {beaten.live.shutdown_by} encountered a fatal error "
            "and requested a shutdown for the entire application."
        )
        yield Note(status=Status.SHUTDOWN_APPLICATION, detail=detail)
    tags = frozenset(each.key for each in beaten.member.metadata.client_tags)
    lacking = [each for each in beaten.settings.rack_aware_tags if each not in tags]
    if lacking and beaten.request.knows_version_1:
        detail = f"Missing required client tags for rack-aware standby assignment: {', '.join(lacking)}."
        yield Note(status=Status.MISSING_CLIENT_TAGS, detail=detail)
