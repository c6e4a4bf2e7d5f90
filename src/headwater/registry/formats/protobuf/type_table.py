"""Which types and extensions a schema knows, by their full names, and how a name that is written in it finds one.

A name is looked for from the inside out: in the types around it, then in each package around that, then as a full name. One that
begins with a dot is a full name. Files need not be imported for this, as it is with Confluent.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from msgspec import Struct

from headwater.registry.formats.protobuf.elements import Extend, Field, File, Gap, Label, Message, Type
from headwater.registry.formats.protobuf.known_files import PATHS, known_file

Scope: TypeAlias = tuple[str, ...]
"""The names of the types around, from the outermost."""


class KnownType(Struct, frozen=True, kw_only=True):
    """`origin` is the file that declares it, `package` that file's."""

    element: Type
    package: str
    origin: File

    @property
    def map_type(self) -> str | None:
        """What a map's entry, written out as a message of its own, stands for."""
        if not isinstance(self.element, Message) or not is_map_entry(self.element):
            return None
        types = {field.name: field.type for field in self.element.fields}
        return f"map<{types.get('key')}, {types.get('value')}>"


class Types:
    """Those of a schema: of the known files, of those that it refers to, and its own, of which the latter win."""

    def __init__(self, file: File, references: Mapping[str, File]) -> None:
        self._package: Final = file.package or ""
        self._types: dict[str, KnownType] = {}
        self._extensions: dict[str, Field] = {}
        known = (_known_declarations(path) for path in PATHS if path not in references)
        for declared in (*known, *map(_Declarations, references.values()), _Declarations(file)):
            self._types.update(declared.types)
            self._extensions.update(declared.extensions)

    def full_name(self, name: str, scope: Scope = (), *, package: str | None = None) -> str | None:
        """Without a dot in front; None where there is no such type."""
        return _resolve(self._types, name, self._outer(scope, package))

    def type(self, name: str, scope: Scope = (), *, package: str | None = None) -> KnownType | None:
        full_name = self.full_name(name, scope, package=package)
        return None if full_name is None else self._types[full_name]

    def extension_name(self, name: str, scope: Scope = ()) -> str | None:
        """The full name of a field that extends a message."""
        return _resolve(self._extensions, name, self._outer(scope, None))

    def extension(self, full_name: str) -> Field | None:
        return self._extensions.get(full_name.removeprefix("."))

    def _outer(self, scope: Scope, package: str | None) -> Scope:
        around = self._package if package is None else package
        return (*(around.split(".") if around else ()), *scope)


class _Declarations:
    """What one file declares."""

    def __init__(self, file: File) -> None:
        self.types: dict[str, KnownType] = {}
        self.extensions: dict[str, Field] = {}
        self._file = file
        self._add_extensions(file.extends, ())
        for each in file.types:
            self._add(each, ())

    def _add(self, element: Type, scope: Scope) -> None:
        inner = (*scope, element.name)
        package = self._file.package or ""
        if isinstance(element, Message):
            self._add_extensions(element.extends, inner)
        self.types[self._full_name(inner)] = KnownType(element=element, package=package, origin=self._file)
        for each in element.types if isinstance(element, Message) else ():
            self._add(each, inner)

    def _add_extensions(self, extends: Sequence[Extend | Gap], scope: Scope) -> None:
        for extend in extends:
            for field in extend.fields if isinstance(extend, Extend) else ():
                self.extensions[self._full_name((*scope, field.name))] = field

    def _full_name(self, names: Scope) -> str:
        return ".".join((self._file.package, *names) if self._file.package else names)


@cache
def _known_declarations(path: str) -> _Declarations:
    return _Declarations(known_file(path))


def _resolve(known: Mapping[str, object], name: str, around: Scope) -> str | None:
    if name.startswith("."):
        return name[1:] if name[1:] in known else None
    for depth in range(len(around), -1, -1):
        candidate = ".".join((*around[:depth], name))
        if candidate in known:
            return candidate
    return None


def is_map_entry(message: Message) -> bool:
    values = [each.value for each in message.options if each.name.removeprefix(".") == "map_entry"]
    return bool(values) and str(values[-1]).lower() == "true"


def is_repeated(field: Field) -> bool:
    return field.label is Label.REPEATED
