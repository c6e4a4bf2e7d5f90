"""`/compatibility`: whether a schema could be registered, and if not, why not."""

from collections.abc import Sequence

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints
from headwater.http.parameters import Flag
from headwater.registry.api.answers import Compatibility, RegisterRequest
from headwater.registry.api.parameters import SubjectName, VersionText, version_number
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.errors import InvalidSchema, VersionNotFound
from headwater.registry.queries import version
from headwater.registry.service import Service
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import LATEST
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.SUBJECT)


def compatibility_api(service: Service) -> Endpoints:
    api = endpoints("Compatibility (v1)")

    async def check(
        subject: str, body: RegisterRequest, previous: Sequence[SchemaValue], *, normalize: bool, verbose: bool
    ) -> Compatibility:
        try:
            found = await service.differences(body.draft(subject), previous, normalize=normalize)
        except InvalidSchema as problem:
            if not verbose:
                raise
            found = [str(problem)]
        return Compatibility(is_compatible=not found, messages=tuple(found) if verbose else None)

    @api.post("/compatibility/subjects/{subject}/versions", needs=READ)
    async def test_compatibility_for_subject(
        subject: SubjectName, body: RegisterRequest, normalize: Flag = False, verbose: Flag = False
    ) -> Compatibility:
        """Compare a schema with the versions of a subject"""
        previous = (await service.view(subject)).living
        return await check(subject, body, previous, normalize=normalize, verbose=verbose)

    @api.post("/compatibility/subjects/{subject}/versions/{number}", needs=READ)
    async def test_compatibility_by_subject_name(
        subject: SubjectName,
        number: VersionText,
        body: RegisterRequest,
        normalize: Flag = False,
        verbose: Flag = False,
    ) -> Compatibility:
        """Compare a schema with one version of a subject"""
        wanted = version_number(number)
        previous = await service.read(lambda state: version(state, subject, wanted, deleted=False))
        if previous is None and wanted != LATEST:
            raise VersionNotFound(wanted)
        versions = () if previous is None else (previous,)
        return await check(subject, body, versions, normalize=normalize, verbose=verbose)

    return api
