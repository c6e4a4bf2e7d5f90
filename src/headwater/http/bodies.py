"""Bodies: JSON in, checked against the value that a handler takes, and values out.

Reading is as lenient as Jackson is about how a number or a truth is written (`"true"` is true), and as strict as Confluent is
about properties that it doesn't know, unless the caller asks for leniency.
"""

from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec
from fastapi import Request
from msgspec import Struct, inspect
from starlette.requests import ClientDisconnect

from headwater.http.errors import BodyTooLarge, CallerGone, InvalidBody, UnprocessableBody
from headwater.http.intricacy import check_intricacy

T = TypeVar("T", bound=Struct)

_INT_MAX: Final = 2**63
ACCEPT_UNKNOWN: Final = "confluent-accept-unknown-properties"

_encoder: Final = msgspec.json.Encoder(order="deterministic")
_decoder: Final = msgspec.json.Decoder()


async def read(
    request: Request, kind: type[T], *, bytes_max: int, takes_unknown: bool = False, called: str = "the request"
) -> T:
    """`called` is what it is called where there is none. Raises InvalidBody, UnprocessableBody, BodyTooLarge, BodyTooIntricate or
    CallerGone."""
    body = await raw(request, bytes_max)
    check_intricacy(body)
    document = _document(body)
    if document is None:
        raise UnprocessableBody(f"{called} must not be null (was null)")
    if not takes_unknown and request.headers.get(ACCEPT_UNKNOWN, "").lower() != "true":
        refuse_unknown(document, _shape(kind))
    try:
        return msgspec.convert(_leniently(document, _shape(kind)), kind, strict=False)
    except msgspec.ValidationError as problem:
        raise InvalidBody(str(problem)) from None


def _document(body: bytes) -> Any:
    """None where there is none."""
    try:
        return _decoder.decode(body) if body.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise InvalidBody(str(problem)) from None
    except RecursionError:
        raise InvalidBody("JSON is nested too deeply") from None


@cache
def _shape(kind: type[Any]) -> inspect.Type:
    """Dear to work out."""
    return inspect.type_info(kind)


async def raw(request: Request, bytes_max: int) -> bytes:
    """The whole of it, also where it was read before. Raises BodyTooLarge or CallerGone."""
    parts = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > bytes_max:
                raise BodyTooLarge(bytes_max)
            parts.append(part)
    except ClientDisconnect:
        raise CallerGone from None
    request._body = b"".join(parts)
    return request._body


def refuse_unknown(document: Any, kind: inspect.Type) -> None:
    """Raises UnprocessableBody for the first property that the value has no place for, however deep."""
    match document, kind:
        case _, inspect.UnionType(types=types):
            for each in types:
                refuse_unknown(document, each)
        case dict(), inspect.StructType(fields=fields):
            known = {each.encode_name: each.type for each in fields}
            for name, value in document.items():
                if name not in known:
                    raise UnprocessableBody(f"Unrecognized field: {name}")
                refuse_unknown(value, known[name])
        case dict(), inspect.DictType(value_type=inner):
            for value in document.values():
                refuse_unknown(value, inner)
        case list(), inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
            for value in document:
                refuse_unknown(value, inner)


def _leniently(document: Any, kind: inspect.Type) -> Any:
    """Numbers and truths where texts are wanted, and broken numbers where whole ones are, as Jackson takes them."""
    match document, kind:
        case None, _:
            return None
        case _, inspect.UnionType(types=types):
            for each in types:
                document = _leniently(document, each)
            return document
        case dict(), inspect.StructType(fields=fields):
            known = {each.encode_name: each.type for each in fields}
            return {
                name: _leniently(value, known[name]) if name in known else value for name, value in document.items()
            }
        case dict(), inspect.DictType(value_type=inner):
            return {name: _leniently(value, inner) for name, value in document.items()}
        case list(), inspect.CollectionType(item_type=inner):
            return [_leniently(value, inner) for value in document]
        case bool() | int() | float(), inspect.StrType():
            return str(document).lower()
        case float(), inspect.IntType() if abs(document) < _INT_MAX:
            return int(document)
        case _:
            return document


def encoded(value: object) -> bytes:
    """A text is given as it is, as Confluent's server does: it is a schema or a document already."""
    return value.encode() if isinstance(value, str) else _encoder.encode(value)


def is_body(annotation: object) -> bool:
    """Whether a handler's parameter is the body: a `Struct`, or a mapping where its names are the caller's."""
    if get_origin(annotation) is dict:
        return True
    return isinstance(annotation, type) and issubclass(annotation, Struct) and not get_args(annotation)
