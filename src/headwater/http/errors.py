"""What an HTTP request can be refused for, before the room that serves it has looked at it.

    ApiError
      InvalidBody               400    no JSON, or not the JSON that is wanted
      CallerGone                400    in the middle of a body; nobody hears of it
      Unauthorized              401    nobody has shown who asks, or not truly
      Forbidden                 403    whoever asks has none of the roles that may
      NotFound                  404    no such path, or a parameter in it that can't be
      MethodNotAllowed          405
      NotAcceptable             406    none of the media types that the caller accepts can be given
      BodyTooLarge              413
      BodyTooIntricate          413    of too many parts
      UnsupportedMediaType      415
      UnprocessableBody         422    JSON, but a property is missing or unknown
      TooManyRequests           429    a bounded queue is full; retriable

    CannotListen                       an address is taken, or none of this machine's; at the start

All of the first are the caller's fault, but for a full queue. Rooms draw their own trees below `ApiError`; a code of five
digits begins with the HTTP status.
"""

from http import HTTPStatus
from typing import ClassVar

from headwater.kernel.errors import HeadwaterError


class ApiError(HeadwaterError):
    """Leaves as `{"error_code": code, "message": text}`."""

    code: ClassVar[int] = 500

    def __init_subclass__(cls, *, code: int | None = None) -> None:
        if code is not None:
            cls.code = code

    @property
    def status(self) -> int:
        return self.code if self.code < 1_000 else self.code // 100


def phrase(status: int) -> str:
    """A status that nobody said more about, in the words of Confluent's server."""
    return f"HTTP {status} {HTTPStatus(status).phrase}"


class InvalidBody(ApiError, code=400):
    """Says what is wrong with it."""


class CallerGone(ApiError, code=400):
    def __init__(self) -> None:
        super().__init__("the connection was closed before the body was complete")


class Unauthorized(ApiError, code=401):
    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(ApiError, code=403):
    def __init__(self) -> None:
        super().__init__("Forbidden")


class NotFound(ApiError, code=404):
    def __init__(self) -> None:
        super().__init__(phrase(404))


class MethodNotAllowed(ApiError, code=405):
    def __init__(self) -> None:
        super().__init__(phrase(405))


class NotAcceptable(ApiError, code=406):
    def __init__(self) -> None:
        super().__init__(phrase(406))


class BodyTooLarge(ApiError, code=413):
    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"Request body is larger than {bytes_max} bytes")


class BodyTooIntricate(ApiError, code=413):
    def __init__(self) -> None:
        super().__init__("Request body has too many parts")


class UnsupportedMediaType(ApiError, code=415):
    def __init__(self) -> None:
        super().__init__(phrase(415))


class UnprocessableBody(ApiError, code=422):
    """Says which property."""


class TooManyRequests(ApiError, code=429):
    def __init__(self, what: str) -> None:
        super().__init__(f"Too Many Requests: {what} is full; try again later")


class CannotListen(HeadwaterError):
    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"can't listen at {host}:{port}: {why}; choose another address, or stop who has it")
