"""Hostile schemas and bodies at a real registry, many at once: each is answered, and so is everyone else meanwhile."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import httpx
import pytest
from tests.e2e.process import Process, start
from tests.e2e.registries import RegistryProcess
from tests.registry.hostile import BODIES, HOSTILE

pytestmark = pytest.mark.long

THREADS = 8
ANSWER_S = 60.0
OTHERS_S = 2.0
"""For a request of somebody else; it takes some 50 ms where nothing else runs."""
MEMORY_BYTES = 1_500_000_000
"""With its worker."""
REFUSED = {400, 409, 413, 422, 429}


@pytest.fixture
def broker(tmp_path) -> Iterator[Process]:
    process = start(tmp_path / "data")
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture
def registry(tmp_path, broker) -> Iterator[RegistryProcess]:
    registry = RegistryProcess(tmp_path, broker.bootstrap).start()
    yield registry
    assert registry.end() == 0, registry.log_tail()


def test_what_is_hostile_is_answered_and_so_is_everybody_else(registry: RegistryProcess):
    known = registry.register("known", '"int"')
    assert known is not None
    done = Event()
    with ThreadPoolExecutor(THREADS) as threads:
        watching = threads.submit(watched, registry, known, done)
        answers = [threads.submit(sent, registry, *each) for each in [*requests()] * 2]
        for each in answers:
            answer = each.result()
            assert answer.status_code == 200 or answer.status_code in REFUSED, answer.text
        done.set()
        longest_s, most_bytes = watching.result()
    assert longest_s < OTHERS_S
    assert most_bytes < MEMORY_BYTES
    assert registry.register("afterwards", '"string"') is not None


def requests() -> Iterator[tuple[str, bytes | None, dict[str, str] | None]]:
    """A subject, and what is sent to it."""
    for kind, name, pair in HOSTILE:
        for text in pair:
            yield f"{kind}-{name}".replace(" ", "-"), None, {"schema": text, "schemaType": kind}
    for body in BODIES.values():
        yield "body", body, None


def sent(registry: RegistryProcess, subject: str, body: bytes | None, json: dict[str, str] | None) -> httpx.Response:
    url = f"{registry.url}/subjects/{subject}/versions"
    return httpx.post(url, content=body, json=json, timeout=ANSWER_S)


def watched(registry: RegistryProcess, known: int, done: Event) -> tuple[float, int]:
    """The longest answer to somebody else, in seconds, and the most memory, until it is done."""
    longest, most = 0.0, 0
    with httpx.Client(base_url=registry.url, timeout=ANSWER_S) as client:
        while not done.wait(0.01):
            began = time.monotonic()
            assert client.get(f"/schemas/ids/{known}").status_code == 200
            longest = max(longest, time.monotonic() - began)
            most = max(most, resident_bytes(registry))
    print(f"the longest answer {longest * 1000:.0f} ms, the most memory {most / 1e6:.0f} MB")
    return longest, most


def resident_bytes(registry: RegistryProcess) -> int:
    """Its own, and its worker's, which may end at any moment."""
    children = Path(f"/proc/{registry.pid}/task").glob("*/children")
    processes = [registry.pid, *(int(each) for path in children for each in path.read_text().split())]
    pages = 0
    for each in processes:
        with suppress(OSError):
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
