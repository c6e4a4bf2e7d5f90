"""`python -m bench.registry`, which `python -m bench` ends with: the Schema Registry, beside a peer where one is named.

A peer is started by hand, on the broker of `--port`, and named by `PEER_REGISTRY=URL` and `PEER_PID`, by which its processor time
and its memory are found. Rows are measured by turns, over eight connections that are kept; medians are shown. Schemas are Avro
records of 500 bytes, each with a name of its own. The last lines are of a registry that is started on a topic which holds many
of them already; `--fill BOOTSTRAP` writes such a topic for a peer and ends.
"""

import argparse
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from confluent_kafka import Producer
from tools.apache_kafka import free_port

from bench.systems import Running, headwater

TOPIC: Final = "_schemas"
SCHEMA_BYTES: Final = 500
CONNECTIONS: Final = 8
READS: Final = 4_000
REGISTRATIONS: Final = 1_000
MANY: Final = 100_000
RUN: Final = os.getpid()
"""In the names of all that it makes, for a peer's broker may have those of an earlier run."""
_START_S: Final = 120
_ANSWER_S: Final = 60
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Registry:
    name: str
    port: int
    pid: int
    ready_s: float = 0.0

    def processes(self) -> list[int]:
        """Itself, and its workers."""
        children = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [self.pid, *(int(each) for path in children for each in path.read_text().split())]

    def cpu_s(self) -> float:
        return sum(_cpu_s(pid) for pid in self.processes())

    def resident_mb(self) -> float:
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.processes())
        return sum(pages) * _PAGE / 1e6


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


# --- what is sent


def schema(number: int | str) -> str:
    """An Avro record of 500 bytes."""
    fields = [{"name": f"field_{each}", "type": "string"} for each in range(10)]
    document = {"type": "record", "name": f"Record{number}", "namespace": "bench", "fields": fields}
    bare = len(json.dumps(document, separators=(",", ":")))
    fields[0]["name"] += "x" * (SCHEMA_BYTES - bare)
    return json.dumps(document, separators=(",", ":"))


def request(method: str, path: str, body: object = None) -> bytes:
    sent = b"" if body is None else json.dumps(body).encode()
    lines = (
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Accept: application/vnd.schemaregistry.v1+json",
        *((f"Content-Type: application/json\r\nContent-Length: {len(sent)}",) if sent else ()),
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + sent


class Connection:
    """One request after the other; answers are told apart by their length."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), _ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._got = b""

    def go_on(self) -> bool:
        """Send the next one. False where there is none."""
        sent = next(self._requests, None)
        if sent is not None:
            self.socket.sendall(sent)
        return sent is not None

    def is_answered(self) -> bool:
        self._got += self.socket.recv(65_536)
        head, parted, body = self._got.partition(b"\r\n\r\n")
        if not parted:
            return False
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < int(length.partition(b":")[2]):
            return False
        assert head.startswith(b"HTTP/1.1 200"), self._got[:1_000]
        self._got = b""
        return True


def drive(port: int, requests: Sequence[bytes]) -> float:
    """Seconds until all are answered."""
    left = iter(requests)
    with selectors.DefaultSelector() as chooser:
        open_now = 0
        began = time.monotonic()
        for connection in [Connection(port, left) for _ in range(CONNECTIONS)]:
            chooser.register(connection.socket, selectors.EVENT_READ, connection)
            open_now += connection.go_on()
        while open_now:
            ready = chooser.select(_ANSWER_S)
            assert ready, "no answer in time"
            for key, _ in ready:
                if key.data.is_answered():
                    open_now -= not key.data.go_on()
        took = time.monotonic() - began
        for key in list(chooser.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return took


# --- rows


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    requests: Callable[[str], Sequence[bytes]]
    """Of a turn, whose name no other has."""


def reads(turn: str) -> list[bytes]:
    del turn
    return [request("GET", f"/schemas/ids/{1 + each % 100}") for each in range(READS)]


def registering(turn: str, *, identical: bool, count: int) -> list[bytes]:
    return [
        request("POST", f"/subjects/s-{each}-{turn}/versions", {"schema": schema(f"{each}_{turn}".replace("-", "_"))})
        for each in ([0] * count if identical else range(count))
    ]


ROWS: Final = (
    Row(name="reads by id", requests=reads),
    Row(name="registrations, distinct", requests=partial(registering, identical=False, count=REGISTRATIONS)),
    Row(name="registrations, identical", requests=partial(registering, identical=True, count=READS)),
)


def measure(registry: Registry, row: Row, turn: str) -> tuple[float, float]:
    """Requests a second, and microseconds of its processor for one."""
    requests = row.requests(turn)
    before = registry.cpu_s()
    took = drive(registry.port, requests)
    return len(requests) / took, (registry.cpu_s() - before) * 1e6 / len(requests)


# --- registries


def the_broker(port: int | None, folder: Path) -> AbstractContextManager[Running]:
    if port is None:
        return headwater(folder / "broker", flush_mode="commit")
    return nullcontext(Running(name="a broker", port=port, pid=0, data=folder, opened_s=0))


@contextmanager
def ours(broker: Running, log: Path, topic: str = TOPIC) -> Iterator[Registry]:
    port = free_port()
    settings = {
        "host.name": "127.0.0.1",
        "kafkastore.topic": topic,
        "kafkastore.topic.replication.factor": "1",
        "schema.registry.group.id": topic,
    }
    flags = [word for pair in settings.items() for word in ("--set", "=".join(pair))]
    where = ["--bootstrap", broker.bootstrap, "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "headwater.cli.main", "registry", *where, *flags]
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith(b"ready"), log.read_text()
        yield Registry(name="headwater", port=port, pid=process.pid, ready_s=time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(60)


def peer() -> list[Registry]:
    url = os.environ.get("PEER_REGISTRY")
    if url is None:
        return []
    port = urlsplit(url).port
    assert port is not None, "PEER_REGISTRY names no port"
    return [Registry(name="peer", port=port, pid=int(os.environ["PEER_PID"]))]


def fill(bootstrap: str, topic: str, count: int) -> int:
    """As a registry would have written it. Gives the bytes of the schemas."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "enable.metrics.push": False})
    size = 0
    for number in range(1, count + 1):
        subject, text = f"many-{number}", schema(f"{number:08}")
        key = {"keytype": "SCHEMA", "subject": subject, "version": 1, "magic": 1}
        value = {"subject": subject, "version": 1, "id": number, "schema": text, "deleted": False}
        producer.produce(topic, _compact(value), _compact(key), partition=0)
        producer.poll(0)
        size += len(text)
        if number % 10_000 == 0:
            producer.flush()
    producer.flush()
    return size


def _compact(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))


# --- the tables


def tables(broker: Running, folder: Path, rounds: int, schemas: int = MANY) -> Iterator[str]:
    with ours(broker, folder / "registry.log") as registry:
        yield from table([registry, *peer()], rounds)
    if schemas:
        yield ""
        yield from of_many(broker, folder, schemas)


def table(registries: Sequence[Registry], rounds: int) -> Iterator[str]:
    names = [each.name for each in registries]
    heads = ["registry", *names, *(["headwater / peer"] if names[1:] else [])]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    idle = [each.resident_mb() for each in registries]
    for each in registries:
        drive(each.port, registering(f"{RUN}-first", identical=False, count=100))
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for number in range(rounds):
        for row in ROWS:
            for each in registries:
                found.setdefault((row.name, each.name), []).append(measure(each, row, f"{RUN}-{number}"))
    for row in ROWS:
        for place, unit in enumerate(("requests/s", "µs CPU/request")):
            medians = [median(each[place] for each in found[row.name, name]) for name in names]
            yield line(f"{row.name}: {unit}", medians)
    yield line("memory after start, MB", idle)
    yield line("memory after the rows above, MB", [each.resident_mb() for each in registries])


def line(name: str, figures: Sequence[float]) -> str:
    ratio = f" {figures[0] / figures[1]:.2f}x |" if len(figures) > 1 else ""
    return f"| {name} | {' | '.join(f'{each:,.1f}' for each in figures)} |{ratio}"


def of_many(broker: Running, folder: Path, count: int) -> Iterator[str]:
    """What many schemas cost at the start: the same registry on a topic without any, and on a full one."""
    sizes = []
    for topic, schemas in ((f"_none-{RUN}", 0), (f"_many-{RUN}", count)):
        broker.create_topic(topic, 1, {"cleanup.policy": "compact"})
        text = fill(broker.bootstrap, topic, schemas)
        with ours(broker, folder / f"{topic}.log", topic) as registry:
            sizes.append(registry.resident_mb() * 1e6 - text)
            yield f"{schemas:,} schemas: ready after {registry.ready_s:.1f} s, {registry.resident_mb():,.1f} MB"
    yield f"{(sizes[1] - sizes[0]) / count:,.0f} bytes each beyond their text"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.registry", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--schemas", type=int, default=MANY, help="of the full topic; 0 leaves it out")
    parser.add_argument(
        "--port", type=int, help="of a broker on this machine, such as the peer's, instead of one of its own"
    )
    parser.add_argument("--fill", metavar="BOOTSTRAP", help="only write a full topic, which is there already")
    parser.add_argument("--topic", default=TOPIC, help="to fill")
    options = parser.parse_args()
    if options.fill:
        print(f"{fill(options.fill, options.topic, options.schemas):,} bytes of schemas")
        return
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(the_broker(options.port, folder))
        for each in tables(broker, folder, options.rounds, options.schemas):
            print(each, flush=True)


if __name__ == "__main__":
    main()
