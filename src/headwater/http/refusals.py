"""What leaves instead of an answer: an `ApiError` as JSON, whatever part of the app it came from."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from headwater.http.bodies import encoded
from headwater.http.errors import ApiError, NotAcceptable, NotFound, phrase
from headwater.http.media_types import MediaTypes

_NOT_ALLOWED: Final = 405


class Refusals:
    """Makes the answers; the media type is one that the caller accepts, where there is one."""

    def __init__(self, media_types: MediaTypes, routes: Sequence[APIRoute] = ()) -> None:
        self._media_types = media_types
        self._routes = routes

    def of_error(self, error: ApiError, accept: str | None) -> Response:
        return self._response(error.status, error.code, str(error), accept)

    def _response(self, status: int, code: int, message: str, accept: str | None) -> Response:
        try:
            media_type = self._media_types.answer_to(accept)
        except NotAcceptable:
            media_type = self._media_types.default
        body = encoded({"error_code": code, "message": message})
        return Response(body, status, headers={"content-type": media_type})

    # --- as FastAPI calls them

    async def foreseen(self, request: Request, error: Any) -> Response:
        return self.of_error(error, request.headers.get("accept"))

    async def of_framework(self, request: Request, error: Any) -> Response:
        """No such path, or not with this method."""
        accept = request.headers.get("accept")
        answer = self._response(error.status_code, error.status_code, phrase(error.status_code), accept)
        answer.headers.update(error.headers or {})
        if error.status_code == _NOT_ALLOWED:
            answer.headers["allow"] = ", ".join(self._methods(request.scope["path"]))
        return answer

    def _methods(self, path: str) -> list[str]:
        """With which the path can be asked, by whatever endpoint."""
        fitting = (each.methods or () for each in self._routes if each.path_regex.match(path))
        return sorted(set().union(*fitting))

    async def of_parameters(self, request: Request, error: Any) -> Response:
        """A number that is none is a path that is none."""
        del error
        return self.of_error(NotFound(), request.headers.get("accept"))

    async def unforeseen(self, request: Request, error: Any) -> Response:
        """The server logs it."""
        del error
        return self._response(500, 500, "Internal Server Error", request.headers.get("accept"))

    def handlers(self) -> dict[Any, Any]:
        return {
            ApiError: self.foreseen,
            HTTPException: self.of_framework,
            RequestValidationError: self.of_parameters,
            Exception: self.unforeseen,
        }
