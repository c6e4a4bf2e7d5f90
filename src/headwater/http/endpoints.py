"""Endpoints: a handler's signature says what it takes and gives, and its decorator what it needs.

    @api.post("/subjects/{subject}", needs=needs(Operation.READ, "subject"))
    async def look_up(subject: Name, body: LookUp, *, deleted: Flag = False) -> Schema:
        "Finds the version that has this schema."

A parameter that is a `Struct` is the body. What is returned is encoded by msgspec, so fields that have their default, None
above all, can be left out; a text goes out as it is, and None as 204 without a body. FastAPI routes, reads the other parameters,
and tells all of it at `/docs`.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from headwater.http import bodies
from headwater.http.access import Needs
from headwater.http.media_types import MediaTypes

Handler = Callable[..., Awaitable[Any]]
Guard = Callable[[Request], Awaitable[None]]
"""Stands before a handler: it passes, or raises."""

BYTES_MAX: Final = 10 * 1024 * 1024
_OK: Final = 200
_NO_CONTENT: Final = 204
_SCHEMAS: Final = "#/components/schemas/{name}"


class Error(msgspec.Struct, frozen=True):
    """What every refusal looks like."""

    error_code: int
    message: str


class Endpoints:
    """One file's endpoints."""

    def __init__(
        self, tag: str, *, media_types: MediaTypes, bytes_max: int = BYTES_MAX, takes_unknown: bool = False
    ) -> None:
        """`takes_unknown`: properties of bodies that nobody knows are passed over, whether or not the caller asks for it."""
        self.router: Final = APIRouter(tags=[tag])
        self.kinds: Final[dict[Any, None]] = {Error: None}
        """Whatever comes in or goes out, for the description of it all."""
        self._media_types = media_types
        self._bytes_max = bytes_max
        self._takes_unknown = takes_unknown

    def get(self, path: str, *, needs: Needs, guards: Sequence[Guard] = ()) -> Callable[[Handler], Handler]:
        return self._endpoint("GET", path, needs, guards)

    def post(
        self, path: str, *, needs: Needs, guards: Sequence[Guard] = (), status: int = _OK
    ) -> Callable[[Handler], Handler]:
        return self._endpoint("POST", path, needs, guards, status)

    def put(self, path: str, *, needs: Needs, guards: Sequence[Guard] = ()) -> Callable[[Handler], Handler]:
        return self._endpoint("PUT", path, needs, guards)

    def delete(self, path: str, *, needs: Needs, guards: Sequence[Guard] = ()) -> Callable[[Handler], Handler]:
        return self._endpoint("DELETE", path, needs, guards)

    def _endpoint(
        self, method: str, path: str, needs: Needs, guards: Sequence[Guard], status: int = _OK
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            body = next((kind for name, kind in hints.items() if name != "return" and bodies.is_body(kind)), None)
            gives = hints.get("return", type(None))
            self.kinds.update(dict.fromkeys(each for each in (body, gives) if each is not None))
            self.router.add_api_route(
                path,
                self._answering(handler, body, status),
                methods=[method],
                name=handler.__name__,
                summary=(handler.__doc__ or "").strip().partition("\n")[0],
                description="",
                response_model=None,
                response_class=Response,
                status_code=_NO_CONTENT if gives is type(None) else status,
                dependencies=[Depends(self._speaks), *map(Depends, guards)],
                responses=self._responses(gives, status),
                openapi_extra=self._extra(body, needs),
            )
            return handler

        return declare

    def _answering(self, handler: Handler, body: type[Any] | None, status: int) -> Handler:
        """The handler as FastAPI calls it."""
        signature = inspect.signature(handler)
        hints = get_type_hints(handler, include_extras=True)
        taken = [
            _parameter(name, self._body(body, handler) if hints[name] is body else hints[name], each.default)
            for name, each in signature.parameters.items()
        ]

        async def answering(media_type: str, **values: Any) -> Response:
            answer = await handler(**values)
            if isinstance(answer, Response):
                return answer
            if answer is None:
                return Response(status_code=_NO_CONTENT)
            return Response(bodies.encoded(answer), status, headers={"content-type": media_type})

        media_type = _parameter("media_type", Annotated[str, Depends(self._speaks)])
        answering.__signature__ = inspect.Signature([media_type, *taken])  # type: ignore[attr-defined]
        return answering

    def _body(self, kind: Any, handler: Handler) -> Any:
        called = f"{_camel(handler.__name__)}.request"

        async def body(request: Request) -> Any:
            return await bodies.read(
                request, kind, bytes_max=self._bytes_max, takes_unknown=self._takes_unknown, called=called
            )

        return Annotated[Any, Depends(body)]

    async def _speaks(self, request: Request) -> str:
        """The media type of the answer. Raises where this surface and the caller have none in common."""
        self._media_types.check_taken(request.headers.get("content-type"))
        return self._media_types.answer_to(request.headers.get("accept"))

    def _responses(self, gives: Any, status: int) -> dict[int | str, dict[str, Any]]:
        content = {} if gives is type(None) else {"content": _content(self._media_types.given, gives)}
        return {
            (status if content else _NO_CONTENT): {"description": "Done", **content},
            "default": {"description": "Refused", "content": _content(self._media_types.given, Error)},
        }

    def _extra(self, body: type[Any] | None, needs: Needs) -> dict[str, Any]:
        extra: dict[str, Any] = {"x-needs": str(needs)}
        if body is not None:
            extra["requestBody"] = {"required": True, "content": _content(self._media_types.taken, body)}
        return extra


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _content(media_types: Sequence[str], kind: Any) -> dict[str, Any]:
    return {each: {"schema": schema_of(kind)} for each in media_types}


def schema_of(kind: Any) -> dict[str, Any]:
    """In JSON Schema, with what has a name as a reference; a text that goes out as it is can be any document."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if bare is str:
        return {}
    (schema,), _ = msgspec.json.schema_components((bare,), ref_template=_SCHEMAS)
    return schema


def components_of(kinds: Sequence[Any]) -> dict[str, Any]:
    """What `schema_of` refers to."""
    _, components = msgspec.json.schema_components([kind for kind in kinds if kind is not str], ref_template=_SCHEMAS)
    return components
