"""Compiles one version of a message into one flat function that reads it from a frame.

The function has no loop over fields and calls nothing for what is common. Neighbouring fields of fixed size, the length
of what follows them included, are one `struct` call; an array is an inline loop; a nested structure is more lines.

What comes from outside is believed in nothing. Before anything is made for a length or a count it is compared with the
bytes that remain; all arrays and tagged sections of a frame together may hold so many elements; a tagged field ends where its size says.
Reading past the end and broken UTF-8 surface as exceptions of `struct`, of indexing and of `decode`, which `codec` turns
into the one `MalformedMessage`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import Struct, unpack_from
from typing import Final, TypeAlias, TypeVar

from headwater.wire.errors import MalformedMessage
from headwater.wire.layout import FIXED, Layout, Slot, layout_of
from headwater.wire.schema import ArrayOf, Message, Structure
from headwater.wire.source import Source
from headwater.wire.uvarint import read_uvarint

M = TypeVar("M", bound=Message)
Decoder: TypeAlias = Callable[[memoryview, int, int, int], tuple[M, int]]
"""Takes the frame, where to begin, where it ends and how many elements it may hold; gives the message and its end."""

STRING_BYTES_MAX: Final = 32_767
_SHORT: Final = 16


def compile_decoder(message: type[M], version: int) -> Decoder[M]:
    writer = _Writer()
    title = f"{message.__name__} v{version} decoder"
    with writer.source.block("def decode(view, at, size, left):"):
        whole = writer.structure(layout_of(message, version), message.__name__)
        writer.flush()
        writer.source.line(f"return {whole}, at")
    decode: Decoder[M] = writer.source.function("decode", title)
    return decode


class _Writer:
    """Writes lines that move `at` along, and gives the expressions that stand for what they read.

    A fixed field becomes part of the pending run; its expression may be used once `flush` has written the run.
    """

    def __init__(self) -> None:
        self.source = Source()
        self.source.namespace.update(_RUNTIME)
        self._format = ""
        self._names: list[str] = []

    def flush(self) -> None:
        if self._format == "B":
            self.source.line(f"{self._names[0]} = view[at]")
            self.source.line("at += 1")
        elif self._format:
            run = Struct(f">{self._format}")
            unpack = self.source.constant("unpack", run.unpack_from)
            self.source.line(f"{', '.join(self._names)}, = {unpack}(view, at)")
            self.source.line(f"at += {run.size}")
        self._format = ""
        self._names = []

    def structure(self, layout: Layout, path: str) -> str:
        values = {slot.name: self._slot(slot, f"{path}.{slot.name}") for slot in layout.body}
        if layout.is_flexible:
            values |= self._tags(layout, path)
        make = self.source.constant(layout.structure.__name__, layout.structure)
        return f"{make}({', '.join(f'{name}={value}' for name, value in values.items())})"

    def _slot(self, slot: Slot, path: str) -> str:
        if isinstance(slot.type, ArrayOf):
            return self._array(slot, slot.type, path)
        if isinstance(slot.type, type):
            return self._optional(slot, slot.type, path) if slot.is_nullable else self._inner(slot, slot.type, path)
        return self._primitive(slot, slot.type, path, is_nullable=slot.is_nullable)

    def _primitive(self, slot: Slot, wire: str, path: str, *, is_nullable: bool) -> str:
        if wire in FIXED:
            return self._fixed(FIXED[wire][0], slot.name)
        return self._sized(slot, wire, path, is_nullable=is_nullable)

    def _fixed(self, letter: str, hint: str) -> str:
        name = self.source.fresh(hint)
        self._format += letter
        self._names.append(name)
        return name

    def _inner(self, slot: Slot, structure: type[Structure], path: str) -> str:
        return self.structure(slot.layout(structure), path)

    def _optional(self, slot: Slot, structure: type[Structure], path: str) -> str:
        """A structure that may be null follows a mark: a byte below 0 means null, but in a tagged field a varint of 0."""
        mark = self._fixed("B" if slot.is_tagged else "b", slot.name)
        self.flush()
        if slot.is_tagged:
            self._finish_uvarint(mark)
        value = self.source.fresh(slot.name)
        self.source.line(f"{value} = None")
        with self.source.block(f"if {mark} {'>' if slot.is_tagged else '>='} 0:"):
            inner = self._inner(slot, structure, path)
            self.flush()
            self.source.line(f"{value} = {inner}")
        return value

    def _length(self, letter: str, *, is_compact: bool) -> str:
        """The length before a value, negative for null; whatever was pending is read along with it."""
        length = self._fixed("B" if is_compact else letter, "length")
        self.flush()
        if is_compact:
            self._finish_uvarint(length)
            self.source.line(f"{length} -= 1")
        return length

    def _finish_uvarint(self, name: str) -> None:
        self.source.line(f"if {name} > 127: {name}, at = read_uvarint(view, at, {name})")

    def _count(self, elements: str) -> None:
        self.source.line(f"left -= {elements}")
        self.source.line("if left < 0: raise crowded()")

    @contextmanager
    def _unless_null(self, length: str, value: str, *, is_nullable: bool) -> Iterator[None]:
        if not is_nullable:
            yield
            return
        self.source.line(f"if {length} < 0: {value} = None")
        with self.source.block("else:"):
            yield

    def _sized(self, slot: Slot, wire: str, path: str, *, is_nullable: bool) -> str:
        length = self._length("h" if wire == "string" else "i", is_compact=slot.is_compact)
        value = self.source.fresh(slot.name)
        below = "" if is_nullable else f"{length} < 0 or "
        above = f" or {length} > {STRING_BYTES_MAX}" if wire == "string" and slot.is_compact else ""
        with self._unless_null(length, value, is_nullable=is_nullable):
            self.source.line(f"end = at + {length}")
            self.source.line(f"if {below}end > size{above}: raise misfit({path!r}, {length})")
            self.source.line(f"{value} = {_READ[wire]}")
            self.source.line("at = end")
        return value

    def _array(self, slot: Slot, array: ArrayOf, path: str) -> str:
        length = self._length("i", is_compact=slot.is_compact)
        value = self.source.fresh(slot.name)
        least = slot.least_of(array.element)
        below = "" if slot.is_nullable else f"{length} < 0 or "
        with self._unless_null(length, value, is_nullable=slot.is_nullable):
            self.source.line(f"if {below}{length} * {least} > size - at: raise misfit({path!r}, {length})")
            self._count(length)
            if isinstance(array.element, str) and array.element in FIXED:
                self._fixed_elements(array.element, length, value)
            else:
                self._elements(slot, array, length, value, path)
        return value

    def _fixed_elements(self, wire: str, length: str, value: str) -> None:
        letter, size = FIXED[wire]
        if wire == "uuid":
            self.source.line(f"end = at + {length} * 16")
            self.source.line(f"{value} = tuple([view[i : i + 16].tobytes() for i in range(at, end, 16)])")
            self.source.line("at = end")
            return
        short = self.source.constant("unpack", _SHORT_RUNS[letter])
        self.source.line(
            f"{value} = {short}[{length}](view, at) if {length} < {_SHORT}"
            f" else unpack_from(f'>{{{length}}}{letter}', view, at)"
        )
        self.source.line(f"at += {length} * {size}")

    def _elements(self, slot: Slot, array: ArrayOf, length: str, value: str, path: str) -> None:
        items = self.source.fresh("items")
        self.source.line(f"{items} = []")
        with self.source.block(f"for _ in range({length}):"):
            if isinstance(array.element, str):
                element = self._primitive(slot, array.element, path, is_nullable=False)
            else:
                element = self._inner(slot, array.element, path)
            self.flush()
            self.source.line(f"{items}.append({element})")
        self.source.line(f"{value} = tuple({items})")

    def _tags(self, layout: Layout, path: str) -> dict[str, str]:
        """The tagged section. Tags that this version does not know are skipped, as KIP-482 asks."""
        count = self._fixed("B", "tags")
        self.flush()
        if not layout.tagged:
            self.source.line(f"if {count}: at, left = skip_tags(view, at, size, {count}, left)")
            return {}
        values = {slot.name: self.source.fresh(slot.name) for slot in layout.tagged}
        for slot in layout.tagged:
            self.source.line(f"{values[slot.name]} = {self.source.constant('default', slot.default)}")
        with self.source.block(f"if {count}:"):
            self._finish_uvarint(count)
            self._count(count)
            with self.source.block(f"for _ in range({count}):"):
                self._tag(layout, values, path)
        return values

    def _tag(self, layout: Layout, values: dict[str, str], path: str) -> None:
        tag, stop = self.source.fresh("tag"), self.source.fresh("stop")
        self.source.line(f"{tag}, {stop}, at = read_tag(view, at, size)")
        branch = "if"
        for slot in layout.tagged:
            with self.source.block(f"{branch} {tag} == {slot.tag}:"):
                value = self._slot(slot, f"{path}.{slot.name}")
                self.flush()
                self.source.line(f"{values[slot.name]} = {value}")
            branch = "elif"
        self.source.line(f"else: at = {stop}")
        self.source.line(f"if at != {stop}: raise overrun({path!r}, {tag})")


_READ: Final = {
    "string": "view[at:end].tobytes().decode()",
    "bytes": "view[at:end].tobytes()",
    "records": "view[at:end]",
}
_SHORT_RUNS: Final = {
    letter: tuple(Struct(f">{count}{letter}").unpack_from for count in range(_SHORT)) for letter in "?bhHiIqd"
}
"""For arrays of few numbers, which most are: no format to build."""


def _misfit(path: str, length: int) -> MalformedMessage:
    if length < 0:
        return MalformedMessage(f"{path} is null, which it may not be")
    return MalformedMessage(f"{path} has a length of {length}, which does not fit in its frame")


def _overrun(path: str, tag: int) -> MalformedMessage:
    return MalformedMessage(f"tag {tag} of {path} does not end where its size says")


def _crowded() -> MalformedMessage:
    return MalformedMessage("the frame's arrays hold more elements than are allowed")


def _read_tag(view: memoryview, at: int, size: int) -> tuple[int, int, int]:
    """The tag, where its field must end, and where it begins."""
    tag = view[at]
    at += 1
    if tag > 127:
        tag, at = read_uvarint(view, at, tag)
    length = view[at]
    at += 1
    if length > 127:
        length, at = read_uvarint(view, at, length)
    if length > size - at:
        raise _misfit(f"tag {tag}", length)
    return tag, at + length, at


def _skip_tags(view: memoryview, at: int, size: int, count: int, left: int) -> tuple[int, int]:
    """Where the section ends, and how many elements the frame may still hold: skipping tags takes time too."""
    if count > 127:
        count, at = read_uvarint(view, at, count)
    if count > left:
        raise _crowded()
    for _ in range(count):
        _, at, _ = _read_tag(view, at, size)
    return at, left - count


_RUNTIME: Final = {
    "crowded": _crowded,
    "misfit": _misfit,
    "overrun": _overrun,
    "read_tag": _read_tag,
    "read_uvarint": read_uvarint,
    "skip_tags": _skip_tags,
    "unpack_from": unpack_from,
}
