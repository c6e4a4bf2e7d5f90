"""All of the registry's API as one app."""

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import FastAPI

from headwater.http.app import make_app
from headwater.http.endpoints import Endpoints
from headwater.kernel.counters import Counters
from headwater.registry.api.association_batches import association_batches_api
from headwater.registry.api.associations import associations_api
from headwater.registry.api.compatibility import compatibility_api
from headwater.registry.api.configs import configs_api
from headwater.registry.api.contexts import contexts_api
from headwater.registry.api.forwarding import Alone, AnsweredElsewhere, Forwarder, as_answered, on_writer
from headwater.registry.api.modes import modes_api
from headwater.registry.api.rewrites import of_alias, of_context
from headwater.registry.api.root import About, root_api
from headwater.registry.api.schemas import schemas_api
from headwater.registry.api.subjects import subjects_api
from headwater.registry.api.surface import MEDIA_TYPES
from headwater.registry.api.tags import tags_api
from headwater.registry.api.versions import versions_api
from headwater.registry.associating import Associating
from headwater.registry.service import Service

_TITLE: Final = "Schema Registry"
_VERSION: Final = "v1"


def registry_app(
    service: Service,
    *,
    counters: Counters,
    about: Callable[[], About] = About,
    forwarder: Forwarder | None = None,
    more: Sequence[Endpoints] = (),
) -> FastAPI:
    """`more` are endpoints of neighbours that are served beside these."""
    writer = on_writer(forwarder or Alone())
    associating = Associating(service)
    app = make_app(
        _TITLE,
        (
            subjects_api(service, writer),
            versions_api(service, writer),
            tags_api(service, writer),
            schemas_api(service),
            compatibility_api(service),
            configs_api(service, writer),
            modes_api(service, writer),
            contexts_api(service, writer),
            associations_api(service, associating, writer),
            association_batches_api(service, associating, writer),
            root_api(about),
            *more,
        ),
        version=_VERSION,
        media_types=MEDIA_TYPES,
        counters=counters,
        rewrites=(of_context, of_alias(service)),
    )
    app.add_exception_handler(AnsweredElsewhere, as_answered)  # type: ignore[arg-type]
    return app
