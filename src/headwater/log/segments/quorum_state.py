"""`quorum-state`: who leads the metadata log, and in which epoch. A quorum of one elects itself at each start.

Version 0 belongs to a static quorum (kraft.version 0) and version 1 to one whose voters stand in the log. Which it is the log
says, and this file is written before the log is read: so it keeps the version that it has.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headwater.kernel.world import Disk
from headwater.log.errors import StorageFailed
from headwater.wire.types import ZERO_UUID, LeaderEpoch, NodeId, uuid_text

FILE: Final = "quorum-state"
_STATIC: Final = 0
_NOBODY: Final = -1


def read_leader_epoch(disk: Disk, folder: str) -> LeaderEpoch | None:
    """The last epoch that began; None for a log that never had one."""
    state = _read(disk, folder)
    return None if state is None else LeaderEpoch(state["leaderEpoch"])


async def write_quorum_state(disk: Disk, folder: str, *, leader: NodeId, epoch: LeaderEpoch) -> None:
    before = _read(disk, folder)
    version = before["data_version"] if before else _STATIC
    state: dict[str, Any] = {"leaderId": leader, "leaderEpoch": epoch, "votedId": _NOBODY, "data_version": version}
    if version == _STATIC:
        state |= {"clusterId": "", "appliedOffset": 0, "currentVoters": [{"voterId": leader}]}
    else:
        state |= {"votedDirectoryId": uuid_text(ZERO_UUID)}
    await disk.write(f"{folder}/{FILE}", msgspec.json.encode(state))


def read_voters(disk: Disk, folder: str) -> list[int]:
    """Those of a static quorum; none where the log holds them."""
    state = _read(disk, folder)
    return [voter["voterId"] for voter in state["currentVoters"] or ()] if state else []


def _read(disk: Disk, folder: str) -> Mapping[str, Any] | None:
    path = f"{folder}/{FILE}"
    if not disk.exists(path):
        return None
    try:
        state = msgspec.json.decode(disk.read(path), type=dict[str, Any])
        return {"leaderEpoch": state["leaderEpoch"], "data_version": state["data_version"]} | {
            "currentVoters": state.get("currentVoters")
        }
    except (msgspec.DecodeError, KeyError) as error:
        raise StorageFailed(f"{path} can't be read: {error}") from None
