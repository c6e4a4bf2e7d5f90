"""StreamsGroupTopologyDescriptionUpdate: a member tells what its topology looks like."""

from headwater.control.errors import ControlError, InvalidRequest
from headwater.control.groups.errors import GroupNotFound, UnknownMember
from headwater.control.groups.step import Step
from headwater.control.groups.streams.errors import DescriptionNotKept
from headwater.control.groups.streams.requests import TellTopology
from headwater.control.groups.streams.table import Table
from headwater.machine.decision import Ticket


def tell_topology(table: Table, request: TellTopology, ticket: Ticket, step: Step) -> None:
    refusal = _check(table, request)
    if refusal is None and not table.descriptions.keep(request.group_id, request.topology_epoch, request.description):
        refusal = DescriptionNotKept()
    step.answer(ticket, refusal)


def _check(table: Table, request: TellTopology) -> ControlError | None:
    """Nobody can replace the description of another epoch, nor of a group that it isn't in."""
    for name, text in (("MemberId", request.member_id), ("GroupId", request.group_id)):
        if not text.strip():
            return InvalidRequest(f"{name} can't be empty.")
    group = table.groups.get(request.group_id)
    if group is None:
        return GroupNotFound(request.group_id)
    if group.get(request.member_id) is None:
        return UnknownMember(request.member_id)
    current = -1 if group.topology is None else group.topology.epoch
    if request.topology_epoch != current:
        return InvalidRequest(
            f"Topology epoch {request.topology_epoch} does not match the group's current topology epoch {current}."
        )
    return None
