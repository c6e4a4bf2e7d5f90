"""`quorum-state`: who leads the metadata log, and in which epoch. A quorum of one elects itself at each start."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headwater.kernel.world import Disk
from headwater.log.errors import StorageFailed
from headwater.wire.types import LeaderEpoch, NodeId

FILE: Final = "quorum-state"
_VERSION: Final = 0
"""Belongs to kraft.version 0, a static quorum."""


def read_leader_epoch(disk: Disk, folder: str) -> LeaderEpoch | None:
    """The last epoch that began; None for a log that never had one. Kafka's versions 0 and 1 say it alike."""
    path = f"{folder}/{FILE}"
    if not disk.exists(path):
        return None
    try:
        return LeaderEpoch(msgspec.json.decode(disk.read(path), type=Mapping[str, Any])["leaderEpoch"])
    except (msgspec.DecodeError, KeyError) as error:
        raise StorageFailed(f"{path} can't be read: {error}") from None


async def write_quorum_state(disk: Disk, folder: str, *, leader: NodeId, epoch: LeaderEpoch) -> None:
    state = {
        "clusterId": "",
        "leaderId": leader,
        "leaderEpoch": epoch,
        "votedId": -1,
        "appliedOffset": 0,
        "currentVoters": [{"voterId": leader}],
        "data_version": _VERSION,
    }
    await disk.write(f"{folder}/{FILE}", msgspec.json.encode(state))
