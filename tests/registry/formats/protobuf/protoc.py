"""What protoc makes of texts. There are texts that make it abort, so each is compiled in a process of its own, forked from one.

Run as a program, it compiles the folders that are numbered below the one that it is given.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.format import ProtobufFormat
from headwater.registry.formats.protobuf.known_files import PATHS, known_file
from headwater.registry.formats.protobuf.printing import print_file

_OWN = Path(grpc_tools.__file__).parent / "_proto"
_NAME = "schema.proto"
_DEADLINE_S = 300


def compiled(texts: Sequence[tuple[str, Mapping[str, str]]], folder: Path) -> list[FileDescriptorSet | None]:
    """Each text, given with its references, as descriptors: all that it imports, and itself last. None where protoc refuses it."""
    _write(folder / "known", _known())
    for number, (text, references) in enumerate(texts):
        _write(folder / str(number), {**references, _NAME: text})
    program = [sys.executable, __file__, str(folder), str(len(texts))]
    subprocess.run(program, check=True, stderr=subprocess.DEVNULL, timeout=_DEADLINE_S)
    outs = [folder / str(number) / "out" for number in range(len(texts))]
    return [FileDescriptorSet.FromString(out.read_bytes()) if out.exists() else None for out in outs]


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def _known() -> dict[str, str]:
    """Normalised, as protoc takes no entries of maps that are written out; its own files it has."""
    texts = {path: print_file(known_file(path)) for path in PATHS if not path.startswith("google/protobuf/")}
    parse = ProtobufFormat().parse
    return {path: parse(Source(text=text), strict=True).normalized().text for path, text in texts.items()}


def _compile(folder: Path, known: Path) -> int:
    includes = [f"-I{each}" for each in (folder, known, _OWN)]
    out = f"--descriptor_set_out={folder / 'out'}"
    return int(protoc.main(["protoc", *includes, "--include_imports", out, _NAME]))


def main(root: Path, count: int) -> None:
    for number in range(count):
        child = os.fork()
        if child == 0:
            os._exit(_compile(root / str(number), root / "known"))
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
