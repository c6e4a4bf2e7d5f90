"""Compiles one version of a message into one flat function that writes it as a list of buffers.

Record batches go into the list as they are, never copied; what lies between them is joined into one buffer each. Like
the decoder's, the function is made of runs of fixed fields, inline loops and little else.

A field that the version lacks is left out where Kafka calls it ignorable; any other must hold its default, for a value
that silently never arrives is worse than an error. A tagged field is written where it differs from its default.
"""

from collections.abc import Callable, Sequence
from struct import Struct, pack
from typing import Final, TypeAlias, TypeVar

from headwater.wire.errors import Unencodable
from headwater.wire.layout import FIXED, Layout, Slot, layout_of
from headwater.wire.schema import ArrayOf, Buffer, Message, Structure
from headwater.wire.source import Source
from headwater.wire.uvarint import ONE_BYTE, uvarint

M = TypeVar("M", bound=Message)
Encoder: TypeAlias = Callable[[M], list[Buffer]]

_STRING_PREFIX_MAX: Final = 32_768
_SHORT: Final = 16


def compile_encoder(message: type[M], version: int) -> Encoder[M]:
    writer = _Writer()
    source = writer.source
    with source.block("def encode(message):"):
        source.line("buffers = []")
        source.line("parts = []")
        source.line("put = parts.append")
        writer.structure(layout_of(message, version), "message", message.__name__)
        writer.flush()
        source.line("buffers.append(join(parts))")
        source.line("return buffers")
    encode: Encoder[M] = source.function("encode", f"{message.__name__} v{version} encoder")
    return encode


class _Writer:
    """Writes lines that `put` the bytes of an expression's value.

    Fixed fields wait in the pending run, for the length that follows them often joins it; `flush` writes the run.
    """

    def __init__(self) -> None:
        self.source = Source()
        self.source.namespace.update(_RUNTIME)
        self._put = "put"
        self._format = ""
        self._values: list[str] = []

    def flush(self) -> None:
        if self._format:
            self.source.line(f"{self._put}({self._pending()})")
        self._format = ""
        self._values = []

    def _pending(self) -> str:
        if not self._values:
            return repr(bytes(len(self._format)))
        run = self.source.constant("pack", Struct(f">{self._format}").pack)
        return f"{run}({', '.join(self._values)})"

    def structure(self, layout: Layout, value: str, path: str) -> None:
        for slot in layout.refused:
            given = f"{value}.{slot.name}"
            self.source.line(f"if {self._differs(slot, given)}: raise no_place({f'{path}.{slot.name}'!r}, {given})")
        for slot in layout.body:
            self._slot(slot, f"{value}.{slot.name}", f"{path}.{slot.name}")
        if layout.is_flexible:
            self._tags(layout, value, path)

    def _slot(self, slot: Slot, value: str, path: str) -> None:
        if isinstance(slot.type, ArrayOf):
            self._array(slot, slot.type, value, path)
        elif not isinstance(slot.type, type):
            self._primitive(slot, slot.type, value, path, is_nullable=slot.is_nullable)
        elif slot.is_nullable:
            self._optional(slot, slot.type, value, path)
        else:
            self._inner(slot, slot.type, value, path)

    def _primitive(self, slot: Slot, wire: str, value: str, path: str, *, is_nullable: bool) -> None:
        if wire in FIXED:
            self._format += FIXED[wire][0]
            self._values.append(value)
        elif wire == "records":
            self._records(slot, value)
        else:
            self._sized(slot, wire, value, path, is_nullable=is_nullable)

    def _inner(self, slot: Slot, structure: type[Structure], value: str, path: str) -> None:
        inner = self.source.fresh(slot.name)
        self.source.line(f"{inner} = {value}")
        self.structure(slot.layout(structure), inner, path)

    def _optional(self, slot: Slot, structure: type[Structure], value: str, path: str) -> None:
        """The mark before the structure is 1, or where it is null -1; in a tagged field, where it is a varint, 0."""
        inner = self.source.fresh(slot.name)
        null = b"\0" if slot.is_tagged else b"\xff"
        self.flush()
        self.source.line(f"{inner} = {value}")
        self.source.line(f"if {inner} is None: {self._put}({null!r})")
        with self.source.block("else:"):
            self._format += "b"
            self._values.append("1")
            self.structure(slot.layout(structure), inner, path)
            self.flush()

    def _length(self, length: str, letter: str, *, is_compact: bool) -> None:
        """Writes the pending run and the length after it; a length below 127, as nearly all are, in one piece."""
        if not is_compact:
            self._format += letter
            self._values.append(length)
            self.flush()
            return
        if not self._format:
            self.source.line(f"{self._put}(ONE_BYTE[{length}] if {length} < 128 else uvarint({length}))")
            return
        alone = self._pending()
        self._format += "B"
        self._values.append(length)
        self.source.line(f"if {length} < 128: {self._put}({self._pending()})")
        with self.source.block("else:"):
            self.source.line(f"{self._put}({alone})")
            self.source.line(f"{self._put}(uvarint({length}))")
        self._format = ""
        self._values = []

    def _sized(self, slot: Slot, wire: str, value: str, path: str, *, is_nullable: bool) -> None:
        raw, length = self.source.fresh(slot.name), self.source.fresh("length")
        read = f"{value}.encode()" if wire == "string" else value
        count = f"len({raw}) + 1" if slot.is_compact else f"len({raw})"
        if is_nullable:
            null = 0 if slot.is_compact else -1
            self.source.line(f"if {value} is None: {raw} = b''; {length} = {null}")
            self.source.line(f"else: {raw} = {read}; {length} = {count}")
        else:
            self.source.line(f"{raw} = {read}")
            self.source.line(f"{length} = {count}")
        if wire == "string":
            self.source.line(f"if {length} > {_STRING_PREFIX_MAX}: raise too_long({path!r}, {length})")
        self._length(length, "h" if wire == "string" else "i", is_compact=slot.is_compact)
        self.source.line(f"{self._put}({raw})")

    def _records(self, slot: Slot, value: str) -> None:
        batches, length, is_whole = (self.source.fresh(hint) for hint in (slot.name, "length", "is_whole"))
        null, more = (0, " + 1") if slot.is_compact else (-1, "")
        absent = f"{null} if {batches} is None else " if slot.is_nullable else ""
        self.source.line(f"{batches} = {value}")
        self.source.line(f"{is_whole} = not isinstance({batches}, tuple)")
        self.source.line(f"{length} = {absent}(len({batches}) if {is_whole} else sum(map(len, {batches}))){more}")
        self._length(length, "i", is_compact=slot.is_compact)
        with self.source.block(f"if {batches}:"):
            self.source.line("buffers.append(join(parts))")
            self.source.line("parts.clear()")
            self.source.line(f"if {is_whole}: buffers.append({batches})")
            self.source.line(f"else: buffers += {batches}")

    def _array(self, slot: Slot, array: ArrayOf, value: str, path: str) -> None:
        items, length = self.source.fresh(slot.name), self.source.fresh("length")
        null, more = (0, " + 1") if slot.is_compact else (-1, "")
        absent = f"{null} if {items} is None else " if slot.is_nullable else ""
        self.source.line(f"{items} = {value}")
        self.source.line(f"{length} = {absent}len({items}){more}")
        self._length(length, "i", is_compact=slot.is_compact)
        if isinstance(array.element, str) and array.element in FIXED:
            self._fixed_elements(array.element, items)
            return
        item = self.source.fresh("item")
        with self.source.block(f"for {item} in {items}{' or ()' if slot.is_nullable else ''}:"):
            if isinstance(array.element, str):
                self._primitive(slot, array.element, item, path, is_nullable=False)
            else:
                self.structure(slot.layout(array.element), item, path)
            self.flush()
            # An element may have no bytes at this version, and a loop needs a body.
            self.source.line("pass")

    def _fixed_elements(self, wire: str, items: str) -> None:
        if wire == "uuid":
            self.source.line(f"if {items}: {self._put}(join_uuids({items}))")
            return
        letter, _ = FIXED[wire]
        short = self.source.constant("pack", _SHORT_RUNS[letter])
        with self.source.block(f"if {items}:"):
            self.source.line(
                f"{self._put}({short}[len({items})](*{items}) if len({items}) < {_SHORT}"
                f" else pack(f'>{{len({items})}}{letter}', *{items}))"
            )

    def _tags(self, layout: Layout, value: str, path: str) -> None:
        if not layout.tagged:
            self._format += "x"
            return
        self.flush()
        given = {slot.name: f"{value}.{slot.name}" for slot in layout.tagged}
        differs = {slot.name: self._differs(slot, given[slot.name]) for slot in layout.tagged}
        with self.source.block(f"if {' or '.join(differs.values())}:"):
            tagged, count = self.source.fresh("tagged"), self.source.fresh("count")
            self.source.line(f"{tagged} = []")
            for slot in layout.tagged:
                with self.source.block(f"if {differs[slot.name]}:"):
                    self._tag(slot, given[slot.name], f"{path}.{slot.name}", tagged)
            self.source.line(f"{count} = len({tagged}) // 3")
            self.source.line(f"{self._put}(uvarint({count}))")
            self.source.line(f"{self._put}(join({tagged}))")
        self.source.line(f"else: {self._put}(b'\\0')")

    def _tag(self, slot: Slot, value: str, path: str, tagged: str) -> None:
        """The field's bytes, counted, go behind its tag and their size."""
        outer, self._put = self._put, self.source.fresh("put")
        field = self.source.fresh("field")
        self.source.line(f"{field} = []")
        self.source.line(f"{self._put} = {field}.append")
        self._slot(slot, value, path)
        self.flush()
        self._put = outer
        self.source.line(f"{field} = join({field})")
        self.source.line(f"{tagged} += (uvarint({slot.tag}), uvarint(len({field})), {field})")

    def _differs(self, slot: Slot, value: str) -> str:
        """The condition that a value is not the field's default."""
        if slot.default is None:
            return f"{value} is not None"
        if slot.default == ():
            return f"{value} is None or len({value})"
        if isinstance(slot.default, Structure):
            default = self.source.constant("default", slot.default)
            return f"({value} is not {default} and {value} != {default})"
        return f"{value} != {slot.default!r}"


_SHORT_RUNS: Final = {
    letter: tuple(Struct(f">{count}{letter}").pack for count in range(_SHORT)) for letter in "?bhHiIqd"
}
"""For arrays of few numbers, which most are: no format to build."""


def _join_uuids(uuids: Sequence[bytes]) -> bytes:
    joined = b"".join(uuids)
    if len(joined) != 16 * len(uuids):
        raise Unencodable("a uuid has sixteen bytes")
    return joined


def _no_place(path: str, value: object) -> Unencodable:
    return Unencodable(f"this version has no place for {path}, which is {value!r}")


def _too_long(path: str, length: int) -> Unencodable:
    return Unencodable(f"{path} takes {length} bytes, and a string may take 32767")


_RUNTIME: Final = {
    "ONE_BYTE": ONE_BYTE,
    "join": b"".join,
    "join_uuids": _join_uuids,
    "no_place": _no_place,
    "pack": pack,
    "too_long": _too_long,
    "uvarint": uvarint,
}
