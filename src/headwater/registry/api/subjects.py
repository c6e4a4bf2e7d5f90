"""`/subjects`"""

from typing import Annotated

from fastapi import Query

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints
from headwater.http.parameters import Flag, Paged
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.queries import Deleted, subjects
from headwater.registry.service import Service
from headwater.registry.subjects import EVERY_CONTEXT
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.SUBJECT)
WRITE = needs(Operation.WRITE, Resource.SUBJECT)
DELETE = needs(Operation.DELETE, Resource.SUBJECT)


def subjects_api(service: Service) -> Endpoints:
    api = endpoints("Subjects (v1)")

    @api.get("/subjects", needs=READ)
    async def list_subjects(
        page: Paged,
        prefix: Annotated[str, Query(alias="subjectPrefix")] = EVERY_CONTEXT,
        deleted: Flag = False,
        deleted_only: Annotated[Flag, Query(alias="deletedOnly")] = False,
    ) -> list[str]:
        """List subjects"""
        which = Deleted.of(deleted=deleted, only=deleted_only)
        return page.of(await service.read(lambda state: subjects(state, prefix, which)))

    return api
