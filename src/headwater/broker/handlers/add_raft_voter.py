"""AddRaftVoter: another voter for the metadata log's quorum (KIP-853). This process is all of it and takes none.

What is wrong with the request is told as Apache Kafka tells it; to one that is right the new voter is as one that can't be reached.
"""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import the_cluster
from headwater.broker.voters import check_can_change, check_cluster, check_voter
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_raft_voter_request import AddRaftVoterRequest
from headwater.wire.messages.add_raft_voter_response import AddRaftVoterResponse


def refuse(request: AddRaftVoterRequest, code: ErrorCode) -> AddRaftVoterResponse:
    del request
    return AddRaftVoterResponse(error_code=code, error_message=code.name)


API = Api(AddRaftVoterRequest, versions=between(0, 1), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: AddRaftVoterRequest) -> AddRaftVoterResponse:
    try:
        _check(context, request)
    except Refused as refusal:
        return AddRaftVoterResponse(error_code=refusal.code, error_message=str(refusal))
    reason = "This process is the whole quorum and takes no other voter"
    return AddRaftVoterResponse(error_code=ErrorCode.REQUEST_TIMED_OUT, error_message=reason)


def _check(context: Context, request: AddRaftVoterRequest) -> None:
    check_cluster(context, request.cluster_id)
    check_voter(request.voter_id, request.voter_directory_id)
    if not request.listeners:
        raise Refused(ErrorCode.INVALID_REQUEST, "The request doesn't say where the voter listens")
    check_can_change(context)
    if request.voter_id == context.services.node_id:
        raise Refused(ErrorCode.DUPLICATE_VOTER, f"{request.voter_id} is already one of the voters")
