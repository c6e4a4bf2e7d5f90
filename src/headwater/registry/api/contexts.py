"""`/contexts`"""

from typing import Annotated

from fastapi import Query

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Name, Paged
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.service import Service
from headwater.registry.store.requests import DeleteContext
from headwater.registry.subjects import DEFAULT_CONTEXT, subject_of
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.CONTEXT)
DELETE = needs(Operation.DELETE, Resource.CONTEXT)


def contexts_api(service: Service, writer: Guard) -> Endpoints:
    api = endpoints("Contexts (v1)")

    @api.get("/contexts", needs=READ)
    async def list_contexts(page: Paged, prefix: Annotated[str, Query(alias="contextPrefix")] = "") -> list[str]:
        """List contexts"""
        contexts = await service.read(lambda state: [DEFAULT_CONTEXT, *sorted(state.contexts)])
        return page.of(each for each in contexts if each.startswith(prefix))

    @api.delete("/contexts/{context}", needs=DELETE, guards=[writer])
    async def delete_context(context: Name) -> None:
        """Delete a context that is empty"""
        wanted = subject_of(context).context if context.startswith(":") else context
        await service.submit(DeleteContext(context=wanted))

    return api
