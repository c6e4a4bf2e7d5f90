"""Messages to bytes and back: the functions that the other rooms call.

A codec is compiled when a version of a message is first met and kept; there are at most as many as the protocol has.
`decoder_for` and `encoder_for` give the compiled function to those who keep it beside a connection.
"""

import struct
from typing import Any, Final, TypeVar, cast

from headwater.wire.decoder import Decoder, compile_decoder
from headwater.wire.encoder import Encoder, compile_encoder
from headwater.wire.errors import MalformedMessage, Unencodable, UnsupportedVersion
from headwater.wire.schema import Buffer, Message

M = TypeVar("M", bound=Message)

ELEMENTS_MAX: Final = 250_000
"""How many elements all arrays and tagged sections of a frame hold together.

A request over 10,000 partitions, the replicas of each included, needs a fifth of it, and the worst that so many hostile
elements can take is some 75 MB.
"""

_decoders: dict[tuple[type[Message], int], Decoder[Any]] = {}
_encoders: dict[tuple[type[Message], int], Encoder[Any]] = {}


def decode(kind: type[M], version: int, frame: Buffer, offset: int = 0, *, elements_max: int = ELEMENTS_MAX) -> M:
    """The message that fills `frame` from `offset` to its end; anything else is `MalformedMessage`."""
    message, end = decode_from(kind, version, frame, offset, elements_max=elements_max)
    if end != len(frame):
        raise MalformedMessage(f"{len(frame) - end} bytes are left after {kind.__name__}")
    return message


def decode_from(
    kind: type[M], version: int, frame: Buffer, offset: int = 0, *, elements_max: int = ELEMENTS_MAX
) -> tuple[M, int]:
    """The message that begins at `offset`, and where it ends. `records` are views on `frame`, which must live as long."""
    decoder = _decoders.get((kind, version)) or decoder_for(kind, version)
    try:
        view = frame if type(frame) is memoryview else memoryview(frame)
        return decoder(view, offset, len(frame), elements_max)
    except (struct.error, IndexError) as problem:
        raise MalformedMessage(f"{kind.__name__} ends before it is whole") from problem
    except UnicodeDecodeError as problem:
        raise MalformedMessage(f"{kind.__name__} holds a string that is not UTF-8") from problem


def encode(message: Message, version: int) -> list[Buffer]:
    """The message as buffers to be written one after another. Record batches are among them, not copied."""
    kind = type(message)
    encoder = _encoders.get((kind, version)) or encoder_for(kind, version)
    try:
        return encoder(message)
    except (struct.error, TypeError, AttributeError, UnicodeEncodeError) as problem:
        raise Unencodable(f"{kind.__name__} v{version}: {problem}") from problem


def encode_bytes(message: Message, version: int) -> bytes:
    """The message in one piece."""
    return b"".join(encode(message, version))


def decoder_for(kind: type[M], version: int) -> Decoder[M]:
    """The function behind `decode_from`. It lets the exceptions of `struct`, indexing and `bytes.decode` through."""
    decoder = _decoders.get((kind, version))
    if decoder is None:
        decoder = _decoders[kind, version] = compile_decoder(kind, _checked(kind, version))
    return cast("Decoder[M]", decoder)


def encoder_for(kind: type[M], version: int) -> Encoder[M]:
    encoder = _encoders.get((kind, version))
    if encoder is None:
        encoder = _encoders[kind, version] = compile_encoder(kind, _checked(kind, version))
    return cast("Encoder[M]", encoder)


def _checked(kind: type[Message], version: int) -> int:
    if version not in kind.VERSIONS:
        raise UnsupportedVersion(kind.__name__, version)
    return version
