"""The systems that are compared: Headwater in both flush modes, and Apache Kafka with its defaults, each a real process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from confluent_kafka.admin import AdminClient, NewTopic
from tools.apache_kafka import KAFKA_4_3, apache_kafka, free_port, wait_for_port

LOAD: Final = Path(__file__).parent / "load"
BUILT: Final = Path(__file__).parent.parent / "build" / "load"
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Running:
    """A system that takes connections. `opened_s` is the time from the start of its process to its open port."""

    name: str
    port: int
    pid: int
    data: Path
    opened_s: float
    topic_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Processor time of the process so far, the system's included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def create_topic(self, name: str, partitions: int, settings: Mapping[str, str] | None = None) -> None:
        admin = self.admin()
        topic = NewTopic(name, partitions, 1, config={**self.topic_settings, **(settings or {})})
        admin.create_topics([topic], operation_timeout=60)[name].result(60)

    def delete_topic(self, name: str) -> None:
        admin = self.admin()  # which must live until its request is answered
        admin.delete_topics([name], operation_timeout=60)[name].result(60)

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "enable.metrics.push": False, "log_level": 0})

    def load(self, mode: str, **flags: object) -> dict[str, Any]:
        """One run of the load generator. Raises CalledProcessError where it fails."""
        words = [f"-{name}={value}" for name, value in flags.items()]
        command = [str(BUILT), f"-brokers={self.bootstrap}", *words, mode]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        made: dict[str, Any] = json.loads(done.stdout)
        return made


Start = Callable[[Path], AbstractContextManager[Running]]


def build_load() -> None:
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", str(BUILT), "."], cwd=LOAD, check=True, timeout=600)


@contextmanager
def headwater(folder: Path, *, flush_mode: str, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    port = free_port()
    given = {"log.flush.mode": flush_mode, "group.initial.rebalance.delay.ms": "0", **(settings or {})}
    flags = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    where = ["--data", str(folder / "data"), "--host", "127.0.0.1", "--kafka-port", str(port), "--admin-port", "0"]
    command = [sys.executable, "-m", "headwater.cli.main", "broker", *where, "--quiet", *flags]
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (folder / "server.log").open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=_environment())
    try:
        wait_for_port(port, process, timeout_s=_START_TIMEOUT_S)
        name = f"headwater {flush_mode}"
        opened_s = time.monotonic() - began
        yield Running(name=name, port=port, pid=process.pid, data=folder / "data", opened_s=opened_s)
    finally:
        process.terminate()
        process.wait(60)


def _environment() -> dict[str, str]:
    """As for an installed package: its modules are compiled once, and not at each start."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**env, "PYTHONPYCACHEPREFIX": str(BUILT.parent / "pycache")}


@contextmanager
def kafka(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    with apache_kafka(KAFKA_4_3, folder, settings=settings) as server:
        data, opened_s = server.folder / "data", server.seconds_to_open
        yield Running(name="kafka", port=server.port, pid=server.pid, data=data, opened_s=opened_s)
