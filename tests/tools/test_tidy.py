"""Each rule of the house, shown to find what it is there for and to leave alone what is right."""

import pytest
from tools.tidy.allowed import Allowance, Report, without_allowed
from tools.tidy.rules import RULES
from tools.tidy.source import Finding, Source

BY_NAME = {entry.name: entry for entry in RULES}
BROKER = "src/headwater/broker/dispatch.py"
WIRE = "src/headwater/wire/codec.py"
MACHINE = "src/headwater/machine/runtime.py"
TEST = "tests/broker/test_dispatch.py"
PAGE = "docs/guide.md"
OTHERS = frozenset({"docs/ARCHITECTURE.md", "README.md", "src/headwater/log/README.md"})

# Written in pieces, so that this file does not break the rule that it tests.
ROOT_FOLDER = "/" + "root/project"
REGISTRY = "pypi" + ".org"

VIOLATIONS = [
    # world
    ("world", BROKER, "import time"),
    ("world", BROKER, "from time import monotonic"),
    ("world", BROKER, "from concurrent.futures import ThreadPoolExecutor"),
    ("world", BROKER, "import socket"),
    ("world", BROKER, "from datetime import datetime\nat = datetime.now()"),
    ("world", BROKER, "import datetime as dt\nat = dt.datetime.utcnow()"),
    ("world", BROKER, "from datetime import date\nday = date.today()"),
    ("world", BROKER, "import random\nn = random.randrange(3)"),
    ("world", BROKER, "import random\nr = random.Random()"),
    ("world", BROKER, "from random import shuffle\nshuffle(xs)"),
    ("world", BROKER, "import uuid\ni = uuid.uuid4()"),
    ("world", BROKER, "from uuid import uuid1 as new\ni = new()"),
    ("world", BROKER, "import os\nos.fsync(3)"),
    ("world", BROKER, "from os import rename\nrename(a, b)"),
    ("world", BROKER, "import os\nif os.path.exists(p): ..."),
    ("world", BROKER, "import os\nsalt = os.urandom(8)"),
    ("world", BROKER, "with open(p) as f: ..."),
    ("world", BROKER, "from io import open as o\no(p)"),
    ("world", BROKER, "from pathlib import Path\nPath(p).read_text()"),
    ("world", BROKER, "import asyncio\nasyncio.to_thread(f)"),
    ("world", BROKER, "loop.run_in_executor(None, f)"),
    ("world", BROKER, "loop.add_reader(fd, f)"),
    ("world", BROKER, "loop.getaddrinfo(host, port)"),
    ("world", BROKER, "import asyncio\nasyncio.create_subprocess_exec('true')"),
    ("world", "src/headwater/assembly/up.py", "import subprocess, time"),
    # pure
    ("pure", WIRE, "async def decode(): return 1"),
    ("pure", "src/headwater/control/groups/classic.py", "import asyncio"),
    ("pure", WIRE, "from random import Random"),
    # needs
    ("needs", WIRE, "import rich"),
    ("needs", MACHINE, "from crc32c import crc32c"),
    # sets
    ("sets", MACHINE, "for x in {1, 2}: f(x)"),
    ("sets", MACHINE, "xs = set(ys)\nout = [f(x) for x in xs]"),
    ("sets", MACHINE, "def f(xs: frozenset[int]):\n    yield from xs"),
    ("sets", MACHINE, "def f(xs: set[int] | None):\n    return list(xs or set())"),
    ("sets", MACHINE, "class A:\n    xs: set[int]\n    def f(self):\n        for x in self.xs: g(x)"),
    (
        "sets",
        MACHINE,
        "class A:\n    def __init__(self):\n        self.xs = set()\n    def f(self):\n        return self.xs.pop()",
    ),
    ("sets", MACHINE, "class A:\n    m: dict[str, set[int]]\n    def f(self, k):\n        return tuple(self.m[k])"),
    ("sets", MACHINE, "def f(m: dict[str, set[int]]):\n    return [g(x) for x in m.get(1)]"),
    ("sets", MACHINE, "def f(a: dict, b: dict):\n    for k in a.keys() - b: g(k)"),
    ("sets", MACHINE, "def f(a: set[str]):\n    return ','.join(a)"),
    ("sets", MACHINE, "def f(a: set[str], b):\n    return (*a.union(b),)"),
    ("sets", MACHINE, "def f(a: set[int]):\n    return {x: 1 for x in a}"),
    # tasks, timers, sleep
    ("tasks", BROKER, "import asyncio\nasyncio.create_task(f())"),
    ("tasks", BROKER, "loop.create_task(f())"),
    ("tasks", BROKER, "from asyncio import ensure_future\nensure_future(f())"),
    ("timers", BROKER, "import asyncio\nasync def f():\n    async with asyncio.timeout(1): await g()"),
    ("timers", "src/headwater/log/segments/append.py", "from asyncio import wait_for\nx = wait_for(f(), 1)"),
    ("sleep", TEST, "import asyncio\nasync def f(): await asyncio.sleep(0.1)"),
    ("sleep", TEST, "from time import sleep\nsleep(1)"),
    # shape
    ("file-size", BROKER, '"""Why."""\n' * 601),
    ("function-size", BROKER, "def f():\n" + "    g()\n" * 70),
    ("docstring", BROKER, "x = 1"),
    ("init", "src/headwater/log/__init__.py", '"""Logs."""\nfrom headwater.log.port import Log'),
    ("stub", BROKER, "def f(): pass"),
    ("stub", BROKER, 'def f():\n    """Says."""\n    ...'),
    ("stub", BROKER, "def f(): raise NotImplementedError"),
    ("frozen", BROKER, "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int"),
    (
        "by-name",
        BROKER,
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    x: int\n    y: int\n    z: int",
    ),
    ("frozen", BROKER, "from msgspec import Struct\nclass A(Struct, kw_only=True):\n    x: int"),
    ("room-readme", "src/headwater/broker/__init__.py", '"""The broker."""'),
    ("file-name", "src/headwater/broker/utils.py", ""),
    ("file-name", "tests/helpers/clock.py", ""),
    # text
    ("machine-path", PAGE, f"See {ROOT_FOLDER}."),
    ("registry-host", "Makefile", f"pip install --index-url https://{REGISTRY}/simple x"),
    ("link", PAGE, "See [the picture](ARCHITECTUR.md)."),
    ("link", PAGE, "See [the log](../src/headwater/logs/)."),
]

CORRECT = [
    ("world", "src/headwater/kernel/real/clock.py", "import time\nnow = time.time_ns()"),
    ("world", BROKER, "import os\nhere = os.path.join(a, os.environ['X'])"),
    ("world", BROKER, "import uuid\ni = uuid.UUID(bytes=b)"),
    ("world", BROKER, "from datetime import datetime\nat = datetime.fromtimestamp(ms, tz)"),
    ("world", BROKER, "f = disk.open(path, Mode.READ)"),
    ("world", "src/headwater/assembly/up.py", "import asyncio\nchild = asyncio.create_subprocess_exec('true')"),
    ("world", "src/headwater/log/memory/faults.py", "from random import Random\nr: Random = Random(seed)"),
    ("pure", MACHINE, "import asyncio\nasync def f(): await g()"),
    ("needs", WIRE, "import struct\nimport cramjam\nfrom headwater.kernel.units import Offset"),
    ("sets", MACHINE, "xs = {1, 2}\nfor x in sorted(xs): f(x)"),
    ("sets", MACHINE, "xs = {1, 2}\nif any(f(x) for x in xs): g()"),
    ("sets", MACHINE, "xs = {1, 2}\nys = {f(x) for x in xs}"),
    ("sets", MACHINE, "def f(xs: list[int]):\n    return [g(x) for x in xs]\ndef h(xs: set[int]): return len(xs)"),
    ("sets", MACHINE, "m = {1: 2}\nfor k in m: f(k)\nm.pop(1)"),
    ("sets", "src/headwater/cli/topic.py", "for x in {1, 2}: f(x)"),
    ("tasks", "src/headwater/kernel/tasks.py", "import asyncio\nasyncio.create_task(f())"),
    ("timers", "src/headwater/client/connect.py", "import asyncio\nx = asyncio.timeout(3)"),
    ("sleep", TEST, "import asyncio\nasync def f(): await asyncio.sleep(0)"),
    ("sleep", "tests/simulation/test_crashes.py", "import asyncio\nasync def f(): await asyncio.sleep(60)"),
    ("file-size", BROKER, "# Generated by tools/codegen\n" + "x = 1\n" * 700),
    ("function-size", BROKER, "def f():\n" + "    g()\n" * 69),
    ("docstring", BROKER, '"""Why this is here."""\nx = 1'),
    ("init", "src/headwater/log/__init__.py", '"""Logs."""'),
    ("stub", BROKER, "from typing import Protocol\nclass Log(Protocol):\n    def trim(self) -> None: ..."),
    ("stub", BROKER, 'def connection_lost(self):\n    """Nobody waits for it."""'),
    ("frozen", BROKER, "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int\n    y: int"),
    ("frozen", BROKER, "from dataclasses import dataclass\n@dataclass(slots=True)\nclass A:\n    x: int"),
    (
        "frozen",
        "src/headwater/control/cluster/topics.py",
        "from msgspec import Struct\nclass A(Struct, frozen=False):\n    x: int",
    ),
    (
        "by-name",
        BROKER,
        "from msgspec import Struct\nclass A(Struct, kw_only=True):\n    x: int\n    y: int\n    z: int",
    ),
    (
        "by-name",
        BROKER,
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int\n    _: KW_ONLY\n    y: int\n    z: int",
    ),
    ("room-readme", "src/headwater/log/__init__.py", '"""Logs."""'),
    ("room-readme", "src/headwater/log/segments/__init__.py", '"""Segments."""'),
    ("machine-path", PAGE, "`framework/work/x`, `~/.cache`, `/var/lib/headwater`"),
    (
        "link",
        PAGE,
        "[a](ARCHITECTURE.md#rooms) [b](../README.md) [c](#here) [d](https://kafka.apache.org) [e](../src/)",
    ),
    ("link", PAGE, "```\n[no](link.md)\n```\nand `[no](link.md)`"),
]


def found(rule: str, path: str, text: str) -> list[Finding]:
    return list(BY_NAME[rule].check(Source(path=path, text=text, repository=OTHERS | {path})))


@pytest.mark.parametrize(("rule", "path", "text"), VIOLATIONS)
def test_a_planted_violation_is_found(rule, path, text):
    assert found(rule, path, text)


@pytest.mark.parametrize(("rule", "path", "text"), CORRECT)
def test_what_is_right_is_left_alone(rule, path, text):
    assert found(rule, path, text) == []


def test_every_rule_is_shown_to_find_something():
    assert {rule for rule, _, _ in VIOLATIONS} == set(BY_NAME)


def test_a_finding_names_the_line():
    (finding,) = found("world", BROKER, '"""Why."""\n\nimport time\n')
    assert finding.line == 3


def test_a_rule_reads_only_its_own_kind_of_file():
    assert found("docstring", "constraints/run.txt", "x") == []


def test_an_allowance_covers_its_rule_in_its_file_and_nothing_else():
    here, there = report(path="a.py"), report(path="b.py")
    allowance = Allowance(rule="world", path="a.py", reason="it prints a person's own file", says="open")
    assert list(without_allowed([here, there], [allowance], listed_in="allow.toml")) == [there]


def test_an_allowance_that_nothing_needs_is_itself_a_finding():
    allowance = Allowance(rule="world", path="a.py", reason="it was needed once")
    (unneeded,) = without_allowed([], [allowance], listed_in="allow.toml")
    assert unneeded.path == "allow.toml"


def report(*, path: str) -> Report:
    return Report(rule="world", path=path, finding=Finding(line=1, says="open belongs to kernel/real"))
