"""AddRaftVoter and RemoveRaftVoter, where one process is the quorum."""

from typing import Any

import pytest
from tests.broker.rig import DIRECTORY, Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import add_raft_voter, remove_raft_voter
from headwater.broker.quorum import Quorum
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_raft_voter_request import AddRaftVoterRequest, Listener
from headwater.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from headwater.wire.types import ZERO_UUID, LeaderEpoch, Offset, Uuid

LISTENERS = (Listener(name="CONTROLLER", host="h", port=1),)
OTHER = Uuid(bytes([3]) * 16)
VOTER: dict[str, Any] = {"voter_id": 2, "voter_directory_id": OTHER}
ITSELF: dict[str, Any] = {"voter_id": 1, "voter_directory_id": DIRECTORY}


def in_log() -> Quorum:
    """Of kraft.version 1."""
    return Quorum(leader_epoch=LeaderEpoch(3), high_watermark=Offset(42), directory=DIRECTORY, kraft_version=1)


def added(*, dynamic: bool = True, version: int = 1, **fields: Any) -> ErrorCode:
    return _asked(
        add_raft_voter, AddRaftVoterRequest(**{"listeners": LISTENERS, "cluster_id": None, **fields}), version, dynamic
    )


def removed(*, dynamic: bool = True, **fields: Any) -> ErrorCode:
    return _asked(remove_raft_voter, RemoveRaftVoterRequest(**{"cluster_id": None, **fields}), 0, dynamic)


def _asked(handler: Any, request: Any, version: int, dynamic: bool, **of_rig: Any) -> ErrorCode:
    async def test() -> Any:
        async with rig(**of_rig) as broker:
            if dynamic:
                _in_log(broker)
            return await broker.ask(handler, request, version)

    response = run(test)
    assert response.error_message
    return ErrorCode(response.error_code)


def _in_log(broker: Rig) -> None:
    object.__setattr__(broker.services, "quorum", in_log)


@pytest.mark.parametrize("version", [0, 1])
def test_a_voter_more_is_never_reached(version: int):
    assert added(**VOTER, version=version) is ErrorCode.REQUEST_TIMED_OUT


def test_the_last_voter_is_not_removed_and_another_is_not_there():
    assert removed(**ITSELF) is ErrorCode.VOTER_NOT_FOUND
    assert removed(**VOTER) is ErrorCode.VOTER_NOT_FOUND


def test_who_votes_already_is_no_new_voter_whatever_its_folder():
    assert added(**ITSELF) is ErrorCode.DUPLICATE_VOTER
    assert added(voter_id=1, voter_directory_id=OTHER) is ErrorCode.DUPLICATE_VOTER


@pytest.mark.parametrize("ask", [added, removed])
def test_voters_that_stand_in_settings_can_not_be_changed(ask: Any):
    assert ask(**VOTER, dynamic=False) is ErrorCode.UNSUPPORTED_VERSION


@pytest.mark.parametrize("ask", [added, removed])
def test_the_request_must_be_for_this_cluster_and_name_a_voter(ask: Any):
    assert ask(**VOTER, cluster_id="other") is ErrorCode.INCONSISTENT_CLUSTER_ID
    assert ask(voter_id=-1, voter_directory_id=OTHER, dynamic=False) is ErrorCode.INVALID_REQUEST
    assert ask(voter_id=2, voter_directory_id=ZERO_UUID, dynamic=False) is ErrorCode.INVALID_REQUEST


def test_a_voter_must_say_where_it_listens():
    assert added(**VOTER, listeners=(), dynamic=False) is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("handler", "request_"),
    [(add_raft_voter, AddRaftVoterRequest(**VOTER)), (remove_raft_voter, RemoveRaftVoterRequest(**VOTER))],
)
def test_who_may_not_alter_the_cluster_is_refused(handler: Any, request_: Any):
    forbidden = Forbid((Operation.ALTER, THE_CLUSTER))
    code = _asked(handler, request_, 0, dynamic=False, authorizer=forbidden)
    assert code is ErrorCode.CLUSTER_AUTHORIZATION_FAILED
