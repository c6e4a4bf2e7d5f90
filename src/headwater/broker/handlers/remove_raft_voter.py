"""RemoveRaftVoter: one voter less in the metadata log's quorum (KIP-853). The last one can't go, and there is no other."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import the_cluster
from headwater.broker.voters import check_can_change, check_cluster, check_voter
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from headwater.wire.messages.remove_raft_voter_response import RemoveRaftVoterResponse


def refuse(request: RemoveRaftVoterRequest, code: ErrorCode) -> RemoveRaftVoterResponse:
    del request
    return RemoveRaftVoterResponse(error_code=code, error_message=code.name)


API = Api(RemoveRaftVoterRequest, versions=between(0, 0), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: RemoveRaftVoterRequest) -> RemoveRaftVoterResponse:
    try:
        check_cluster(context, request.cluster_id)
        check_voter(request.voter_id, request.voter_directory_id)
        check_can_change(context)
    except Refused as refusal:
        return RemoveRaftVoterResponse(error_code=refusal.code, error_message=str(refusal))
    reason = f"Voter {request.voter_id} can't be removed from the voters, which are {context.services.node_id} alone"
    return RemoveRaftVoterResponse(error_code=ErrorCode.VOTER_NOT_FOUND, error_message=reason)
