"""What a request to change the quorum is refused for, as a quorum of one refuses it (KIP-853)."""

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import ZERO_UUID, Uuid


def check_cluster(context: Context, cluster_id: str | None) -> None:
    """Raises Refused for another cluster's id; who names none means this one."""
    own = context.services.cluster_id
    if cluster_id not in (None, own):
        raise Refused(
            ErrorCode.INCONSISTENT_CLUSTER_ID, f'The given id "{cluster_id}" doesn\'t match the cluster id "{own}"'
        )


def check_voter(voter_id: int, directory: Uuid) -> None:
    """Raises Refused for what no voter can be."""
    if voter_id < 0 or directory == ZERO_UUID:
        raise Refused(ErrorCode.INVALID_REQUEST, "The request doesn't name a valid voter: its id and its directory's")


def check_can_change(context: Context) -> None:
    """Raises Refused where the voters stand in settings and not in the log."""
    version = context.services.quorum().kraft_version
    if not version:
        reason = f"The voters can't be changed because the kraft.version feature is {version}"
        raise Refused(ErrorCode.UNSUPPORTED_VERSION, reason)
