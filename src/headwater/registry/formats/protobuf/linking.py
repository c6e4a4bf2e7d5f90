"""Whether a file's types fit together, by protobuf's own rules: built into descriptors with all that it imports."""

from collections.abc import Mapping

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.elements import File
from headwater.registry.formats.protobuf.known_files import PATHS, known_file
from headwater.registry.formats.protobuf.to_descriptor import descriptor_of
from headwater.registry.formats.protobuf.type_table import Types

_ROOT = "default"


def link(file: File, references: Mapping[str, File]) -> FileDescriptor:
    """As protobuf understands it; what it imports can be asked for too. Raises InvalidSchema."""
    files = {**{path: known_file(path) for path in PATHS}, **references, _ROOT: file}
    pool = DescriptorPool()
    added: dict[str, None] = {}

    def add(path: str) -> None:
        added[path] = None
        each = files[path]
        for imported in (*each.imports, *each.public_imports):
            if imported in files and imported not in added:
                add(imported)
        types = Types(each, {name: files[name] for name in references})
        pool.AddSerializedFile(descriptor_of(each, types, files, name=path).SerializeToString())

    try:
        add(_ROOT)
        return pool.FindFileByName(_ROOT)
    except TypeError as problem:
        raise InvalidSchema(f"Invalid protobuf schema definition: {problem}") from None
