"""AlterConfigs: give a resource these settings; what is not named goes back to its default. Older than its incremental kin."""

from headwater.broker.api import Api, between
from headwater.broker.config_changes import Wanted, change
from headwater.broker.config_resources import access_to, type_of
from headwater.broker.context import Context
from headwater.broker.needs import Each
from headwater.broker.turns import one_by_one
from headwater.control.cluster.requests import ConfigOperation
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_configs_request import AlterConfigsRequest, AlterConfigsResource
from headwater.wire.messages.alter_configs_response import AlterConfigsResourceResponse, AlterConfigsResponse


def _answer(item: AlterConfigsResource, code: ErrorCode, message: str | None = None) -> AlterConfigsResourceResponse:
    return AlterConfigsResourceResponse(
        error_code=code, error_message=message, resource_type=item.resource_type, resource_name=item.resource_name
    )


def refuse(request: AlterConfigsRequest, code: ErrorCode) -> AlterConfigsResponse:
    return AlterConfigsResponse(responses=tuple(_answer(each, code) for each in request.resources))


API = Api(
    AlterConfigsRequest,
    versions=between(0, 2),
    refuse=refuse,
    needs=(
        Each(operation=Operation.ALTER_CONFIGS, items="resources", of=access_to, refused=_answer, into="responses"),
    ),
)


async def handle(context: Context, request: AlterConfigsRequest) -> AlterConfigsResponse:
    items = request.resources
    wanted = await one_by_one(items, _wanted)
    answers = await change(context, wanted, validate_only=request.validate_only)
    return AlterConfigsResponse(
        responses=tuple(
            _answer(item, refusal.code, str(refusal)) if refusal else _answer(item, ErrorCode.NONE)
            for item, refusal in zip(items, answers, strict=True)
        )
    )


async def _wanted(item: AlterConfigsResource) -> Wanted:
    changes = tuple((each.name, ConfigOperation.SET, each.value) for each in item.configs)
    return Wanted(type=type_of(item), name=item.resource_name, changes=changes, replace=True)
