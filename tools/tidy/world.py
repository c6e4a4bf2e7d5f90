"""The world is injected: what only `kernel/real/` may touch, and what pure rooms may not even wait for."""

import ast
import sys
from collections.abc import Iterator

from tools.tidy.source import Finding, Source

CODE = "src/headwater/"
REAL = "src/headwater/kernel/real/"
ASSEMBLY = "src/headwater/assembly/"

MODULES = frozenset({
    "concurrent", "fcntl", "glob", "mmap", "multiprocessing", "resource", "secrets", "select", "selectors", "shutil",
    "socket", "subprocess", "tempfile", "threading", "time",
})  # fmt: skip
OS_CALLS = frozenset({
    "access", "chmod", "close", "copy_file_range", "fdatasync", "fdopen", "fstat", "fsync", "ftruncate", "getrandom",
    "link", "listdir", "lseek", "lstat", "makedirs", "mkdir", "open", "pipe", "posix_fadvise", "posix_fallocate",
    "pread", "preadv", "pwrite", "pwritev", "read", "readlink", "readv", "remove", "removedirs", "rename", "renames",
    "replace", "rmdir", "scandir", "sendfile", "stat", "statvfs", "symlink", "sync", "truncate", "unlink", "urandom",
    "utime", "walk", "write", "writev", "fork", "system", "popen",
})  # fmt: skip
OS_PATH_CALLS = frozenset({"exists", "getmtime", "getsize", "isdir", "isfile", "islink", "realpath", "samefile"})
NAMES = (
    {f"os.{call}" for call in OS_CALLS}
    | {f"os.path.{call}" for call in OS_PATH_CALLS}
    | {
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "asyncio.to_thread",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "io.open",
        "pathlib.Path",
        "uuid.getnode",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)
METHODS = frozenset({
    "add_reader", "add_writer", "getaddrinfo", "getnameinfo", "run_in_executor", "sock_accept", "sock_connect",
    "sock_recv", "sock_recv_into", "sock_sendall", "subprocess_exec", "subprocess_shell",
})  # fmt: skip

# A supervisor starts children and hears of them through pipes; there is nothing to simulate in it.
SUPERVISING = frozenset({
    "asyncio.create_subprocess_exec", "os.close", "os.fdopen", "os.pipe", "os.read", "os.write", "subprocess", "subprocess_exec",
})  # fmt: skip

PURE = ("src/headwater/wire/", "src/headwater/control/", "src/headwater/security/")
IMPURE_MODULES = MODULES | {"asyncio", "random", "ssl", "uvloop"}
WAITING = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)

NEEDS = {
    "src/headwater/kernel/": frozenset({"msgspec"}),
    "src/headwater/machine/": frozenset({"msgspec"}),
    "src/headwater/wire/": frozenset({"msgspec", "crc32c", "cramjam"}),
}


def world_is_injected(source: Source) -> Iterator[Finding]:
    """Time, chance, ids, files, threads, processes and sockets come through the ports of `kernel/world.py`."""
    if not source.inside(CODE) or source.inside(REAL):
        return
    for line, name in reached_for(source):
        if not (source.inside(ASSEMBLY) and name in SUPERVISING):
            yield Finding(line=line, says=f"{name} belongs to kernel/real: take it from a port")


def reached_for(source: Source) -> Iterator[tuple[int, str]]:
    """Every part of the world that is imported or named, with its line."""
    for line, module in imports(source):
        if package(module) in MODULES:
            yield line, module
    for node in source.nodes:
        if isinstance(node, ast.expr) and (name := touched(source, node)):
            yield node.lineno, name


def touched(source: Source, node: ast.expr) -> str | None:
    """The part of the world that an expression reaches for."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
        return None if "open" in source.imported else "open"
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        return node.attr
    if isinstance(node, ast.Attribute | ast.Name):
        name = source.dotted(node)
        return name if name in NAMES else None
    return drawn_at_random(source, node)


def drawn_at_random(source: Source, node: ast.expr) -> str | None:
    """A `random.Random` with a seed is a value like any other; the module's own functions are not."""
    if not isinstance(node, ast.Call):
        return None
    name = source.dotted(node.func) or ""
    seeded = name == "random.Random" and bool(node.args)
    return name if name.startswith("random.") and not seeded else None


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Every module that is imported, with its line."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def package(module: str) -> str:
    return module.partition(".")[0]


def pure_rooms_never_wait(source: Source) -> Iterator[Finding]:
    """The protocol, the machines and what decides about access are functions: bytes and requests in, values out."""
    if not source.inside(*PURE):
        return
    for node in source.nodes:
        if isinstance(node, WAITING):
            yield Finding(line=node.lineno, says="this room is pure: nothing in it waits")
    for line, module in imports(source):
        if package(module) in IMPURE_MODULES:
            yield Finding(line=line, says=f"this room is pure: it has no use for {module}")


def low_rooms_need_little(source: Source) -> Iterator[Finding]:
    """Kernel, machine and wire stand on the standard library, msgspec and the codecs, and on nothing else."""
    for room, allowed in NEEDS.items():
        if not source.inside(room) or source.inside(REAL):
            continue
        for line, module in imports(source):
            if package(module) not in sys.stdlib_module_names | allowed | {"headwater"}:
                yield Finding(line=line, says=f"{room} must not need {package(module)}")
