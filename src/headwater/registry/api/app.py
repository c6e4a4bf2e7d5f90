"""All of the registry's API as one app."""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI

from headwater.http.app import make_app
from headwater.http.endpoints import Endpoints
from headwater.kernel.counters import Counters
from headwater.registry.api.forwarding import Alone, AnsweredElsewhere, Forwarder, as_answered
from headwater.registry.api.subjects import subjects_api
from headwater.registry.api.surface import MEDIA_TYPES
from headwater.registry.service import Service

_TITLE: Final = "Schema Registry"
_VERSION: Final = "v1"


def registry_app(
    service: Service, *, counters: Counters, forwarder: Forwarder | None = None, more: Sequence[Endpoints] = ()
) -> FastAPI:
    """`more` are endpoints of neighbours that are served beside these."""
    forwarder = forwarder or Alone()
    app = make_app(
        _TITLE,
        (subjects_api(service), *more),
        version=_VERSION,
        media_types=MEDIA_TYPES,
        counters=counters,
    )
    app.add_exception_handler(AnsweredElsewhere, as_answered)  # type: ignore[arg-type]
    return app
