"""Frames: a message with its header, as it crosses a connection. What is read here comes after the four bytes of size.

The header's own version follows from the API's: 2 where the request is flexible, else 1; a response's is 1 or 0. There is
one exception, ApiVersions, whose response header is always 0, because a client asks before it knows what a broker speaks.
"""

from struct import Struct
from typing import Final, TypeVar

from headwater.wire.apis import APIS, ApiKey
from headwater.wire.codec import ELEMENTS_MAX, decode, decode_from, encode
from headwater.wire.errors import MalformedMessage, UnknownType
from headwater.wire.messages.request_header import RequestHeader
from headwater.wire.messages.response_header import ResponseHeader
from headwater.wire.registry import Api
from headwater.wire.schema import Buffer, Message

M = TypeVar("M", bound=Message)

_API: Final = Struct(">hh")
_PLAIN_HEADER: Final = Struct(">ii")
_TAGGED_HEADER: Final = Struct(">iix")
_SIZE: Final = Struct(">i")
_API_VERSIONS: Final = int(ApiKey.API_VERSIONS)


def open_request(frame: Buffer) -> tuple[RequestHeader, Api, int]:
    """The header, the API that it asks for, and where the body begins, which is not read yet.

    The version may be one that the API does not have: what to answer then is the broker's matter.
    Raises `UnknownType` for an API that does not exist, and `MalformedMessage`.
    """
    if len(frame) < _API.size:
        raise MalformedMessage("a request ends before its API key")
    key, version = _API.unpack_from(frame)
    api = APIS.get(key)
    if api is None:
        raise UnknownType("API", key)
    header, body = decode_from(RequestHeader, 2 if api.is_flexible(version) else 1, frame)
    return header, api, body


def decode_request(frame: Buffer, *, elements_max: int = ELEMENTS_MAX) -> tuple[RequestHeader, Message]:
    """Header and body. Raises `UnsupportedVersion` where the API lacks the header's version.

    Bytes after the body are passed over, as Kafka passes over them.
    """
    header, api, body = open_request(frame)
    request, _ = decode_from(api.request, header.request_api_version, frame, body, elements_max=elements_max)
    return header, request


def encode_request(request: Message, version: int, *, correlation_id: int, client_id: str | None) -> list[Buffer]:
    """The request as a client sends it, its size first."""
    if request.API_KEY is None:
        raise UnknownType("API", -1)
    header = RequestHeader(
        request_api_key=request.API_KEY,
        request_api_version=version,
        correlation_id=correlation_id,
        client_id=client_id,
    )
    body = encode(request, version)
    head = b"".join(encode(header, 2 if version in request.FLEXIBLE else 1))
    body[0] = b"".join((_SIZE.pack(len(head) + sum(map(len, body))), head, body[0]))
    return body


def encode_response(response: Message, version: int, *, correlation_id: int) -> list[Buffer]:
    """The response as a broker sends it, its size first. Record batches are buffers of the list, not copied."""
    buffers = encode(response, version)
    header = _TAGGED_HEADER if _has_tagged_header(response, version) else _PLAIN_HEADER
    size = header.size - _SIZE.size + (len(buffers[0]) if len(buffers) == 1 else sum(map(len, buffers)))
    buffers[0] = header.pack(size, correlation_id) + buffers[0]
    return buffers


def decode_response(
    kind: type[M], version: int, frame: Buffer, *, elements_max: int = ELEMENTS_MAX
) -> tuple[ResponseHeader, M]:
    """The response to a request whose API and version the client remembers by the header's correlation id."""
    header, body = decode_from(ResponseHeader, int(_has_tagged_header(kind, version)), frame)
    return header, decode(kind, version, frame, body, elements_max=elements_max)


def correlation_id_of(frame: Buffer) -> int:
    """Of a response whose kind is not known yet."""
    if len(frame) < _SIZE.size:
        raise MalformedMessage("a response ends before its correlation id")
    correlation_id: int = _SIZE.unpack_from(frame)[0]
    return correlation_id


def _has_tagged_header(response: Message | type[Message], version: int) -> bool:
    return version >= response.FLEXIBLE.first and response.API_KEY != _API_VERSIONS
