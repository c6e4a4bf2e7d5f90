"""FindCoordinator: which broker coordinates a group, a transactional id or a share partition; the internal topic is made when
it is first asked for.
"""

import re

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.internal_topics import ensure_group_offsets, ensure_share_state, ensure_transaction_state
from headwater.broker.needs import Within
from headwater.broker.refusals import code_of
from headwater.kernel.errors import HeadwaterError
from headwater.security.access import THE_CLUSTER, Operation, Resource, group, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.find_coordinator_response import Coordinator, FindCoordinatorResponse

_KEYS_FROM = 4
_SHARE_FROM = 6
_GROUP, _TRANSACTION, _SHARE = 0, 1, 2
_ENSURE = {_GROUP: ensure_group_offsets, _TRANSACTION: ensure_transaction_state, _SHARE: ensure_share_state}
_SHARE_KEY = re.compile(r".+:[A-Za-z0-9_-]{22}:[0-9]+")
"""Group, topic id and partition, as Kafka writes them."""


def refuse(request: FindCoordinatorRequest, code: ErrorCode) -> FindCoordinatorResponse:
    keys = tuple(_refused(each, code) for each in request.coordinator_keys)
    return FindCoordinatorResponse(error_code=code, error_message=code.name, node_id=-1, port=-1, coordinators=keys)


API = Api(
    FindCoordinatorRequest,
    versions=between(0, 6),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="what a key names depends on its type"),),
)


async def handle(context: Context, request: FindCoordinatorRequest) -> FindCoordinatorResponse:
    if context.api_version >= _KEYS_FROM:
        found = [await _find(context, request.key_type, each) for each in request.coordinator_keys]
        return FindCoordinatorResponse(coordinators=tuple(found))
    only = await _find(context, request.key_type, request.key)
    return FindCoordinatorResponse(
        error_code=only.error_code,
        error_message=only.error_message,
        node_id=only.node_id,
        host=only.host,
        port=only.port,
    )


async def _find(context: Context, key_type: int, key: str) -> Coordinator:
    operation, resource = _needed(key_type, key)
    if not context.allows(operation, resource):
        return _refused(key, resource.type.refusal)
    ensure = _ENSURE.get(key_type)
    if ensure is None or (key_type == _SHARE and context.api_version < _SHARE_FROM):
        return _refused(key, ErrorCode.INVALID_REQUEST, f"There is no key type {key_type}.")
    if key_type == _SHARE and not _SHARE_KEY.fullmatch(key):
        return _refused(key, ErrorCode.INVALID_REQUEST, "A share partition is named group:topicId:partition.")
    try:
        await ensure(context)
    except HeadwaterError as error:
        return _refused(key, code_of(error), str(error))
    endpoint = context.session.advertised
    here = Coordinator(key=key, node_id=context.services.node_id, host=endpoint.host, port=endpoint.port)
    return replace(here, error_message=None)


def _needed(key_type: int, key: str) -> tuple[Operation, Resource]:
    """Only brokers have business with the coordinator of a share partition."""
    if key_type == _SHARE:
        return Operation.CLUSTER_ACTION, THE_CLUSTER
    return Operation.DESCRIBE, transactional_id(key) if key_type == _TRANSACTION else group(key)


def _refused(key: str, code: ErrorCode, message: str | None = None) -> Coordinator:
    return Coordinator(key=key, node_id=-1, port=-1, error_code=code, error_message=message or code.name)
