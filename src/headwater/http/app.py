"""Makes an app of endpoints: routing, refusals, measures, and the description of it all at `/docs`."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from headwater.http.endpoints import Endpoints, components_of
from headwater.http.measures import Measures
from headwater.http.media_types import MediaTypes
from headwater.http.paths import Paths, Rewrite
from headwater.http.refusals import Refusals
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import CONTENT_TYPE, exposition


def make_app(
    title: str,
    endpoints: Sequence[Endpoints],
    *,
    version: str,
    media_types: MediaTypes,
    counters: Counters,
    rewrites: Sequence[Rewrite] = (),
) -> FastAPI:
    """`rewrites` are asked before a path is looked for, one after the other."""
    routes = [route for each in endpoints for route in each.router.routes if isinstance(route, APIRoute)]
    refusals = Refusals(media_types, routes)
    app = FastAPI(
        title=title,
        version=version,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=refusals.handlers(),
    )
    for each in endpoints:
        app.include_router(each.router)
    app.add_api_route("/metrics", _metrics(counters), include_in_schema=False)
    app.add_middleware(Measures, counters=counters)
    app.add_middleware(Paths, rewrites=tuple(rewrites), refusals=refusals)
    kinds = [kind for each in endpoints for kind in each.kinds]
    app.openapi = lambda: _description(app, kinds)  # type: ignore[method-assign]
    return app


def _metrics(counters: Counters) -> Any:
    async def metrics() -> Response:
        return Response(exposition(counters), headers={"content-type": CONTENT_TYPE})

    return metrics


def _description(app: FastAPI, kinds: Sequence[Any]) -> dict[str, Any]:
    """OpenAPI, made when it is first asked for."""
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, routes=app.routes)
        described.setdefault("components", {}).setdefault("schemas", {}).update(components_of(kinds))
        app.openapi_schema = described
    return app.openapi_schema
