"""When tasks are refined into steps: once for each epoch of an assignment, and again when copies may have come near.

In one epoch all members must reconcile to the same step, or a task would be given up here and not taken there. So a step is
kept until all have taken it. Then, if members have told offsets since, the next is looked for; it gets an epoch of its own,
and the assignor is not asked again.
"""

from collections.abc import Callable, Mapping

from headwater.control.groups.streams.assigning import Target
from headwater.control.groups.streams.configuring import ConfiguredTopology
from headwater.control.groups.streams.group import Group, GroupState, Live, Member, Refined
from headwater.control.groups.streams.refining import Known, refine
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.tasks import Tasks


class Warming:
    """One heartbeat's look at the group's warm-ups."""

    def __init__(
        self,
        group: Group,
        live: Live,
        settings: StreamsSettings,
        topology: ConfiguredTopology,
        members: Callable[[], Mapping[str, Member]],
    ) -> None:
        self._group = group
        self._live = live
        self._settings = settings
        self._topology = topology
        self._members = members

    def of_epoch(self, target: Target) -> Refined:
        """The step of the target's epoch."""
        known = self._live.refined
        if known is not None and known.epoch == target.epoch:
            return known
        return self._refined(target.epoch, target.tasks)

    def next(self, targets: Mapping[str, Tasks]) -> Refined | None:
        """The step after this one, if it is due and another."""
        now = self._live.refined
        if now is None or not now.stages or not self._live.heard_of_offsets:
            return None
        if now.epoch != self._group.assignment.assignment_epoch or self._group.state is not GroupState.STABLE:
            return None
        self._live.heard_of_offsets = False
        following = self._refined(self._group.value.epoch + 1, targets)
        return None if following.tasks == now.tasks else following

    def _refined(self, epoch: int, targets: Mapping[str, Tasks]) -> Refined:
        if not self._settings.warmup_replicas or not self._topology.is_ready:
            return Refined(epoch=epoch, tasks=targets, stages=False)
        tasks = refine(targets, self._known())
        return Refined(epoch=epoch, tasks=tasks, stages=tasks is not targets)

    def _known(self) -> Known:
        return Known(
            members=self._members(),
            offsets=self._live.offsets,
            silent=self._live.silent,
            stateful=frozenset(each.subtopology_id for each in self._topology.specs() if each.is_stateful),
            warmups_max=self._settings.warmup_replicas,
            acceptable_lag=self._settings.acceptable_recovery_lag,
        )
