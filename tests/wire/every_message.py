"""All generated messages, found by their files."""

from importlib import import_module
from pathlib import Path

import headwater.wire as wire
from headwater.wire.schema import Message


def every_message() -> list[type[Message]]:
    (room,) = wire.__path__
    modules = sorted(
        f"headwater.wire.{folder}.{path.stem}"
        for folder in ("messages", "records")
        for path in (Path(room) / folder).glob("[a-z]*.py")
    )
    # The message itself stands last in its module, below the structures that it is made of.
    defined = (list(vars(import_module(module)).values())[-1] for module in modules)
    return [each for each in defined if isinstance(each, type) and issubclass(each, Message)]
