"""A cluster with a registry: `headwater up`, or Apache Kafka with `headwater registry` beside it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from tests.e2e.process import environment, line_within
from tests.e2e.registries import RegistryProcess
from tools.apache_kafka import KAFKA_4_3, apache_kafka

START_S = 60.0
STOP_S = 30.0
ANSWER_S = 30.0
QUICK = (
    *("--set", "offsets.topic.num.partitions=2"),
    *("--set", "transaction.state.log.num.partitions=2"),
    *("--set", "group.initial.rebalance.delay.ms=0"),
)


@dataclass(frozen=True, kw_only=True)
class Stack:
    bootstrap: str
    registry: str
    """The registry's URL."""

    def post(self, path: str, body: object) -> None:
        httpx.post(f"{self.registry}{path}", json=body, timeout=ANSWER_S).raise_for_status()

    def forget(self) -> None:
        """Whatever is registered; those who refer to others go first, in as many rounds as that takes."""
        with httpx.Client(base_url=self.registry, timeout=ANSWER_S) as http:
            while subjects := http.get("/subjects", params={"deleted": "true"}).json():
                deleted = [_delete(http, each, permanent) for permanent in (False, True) for each in subjects]
                assert any(deleted), subjects


def _delete(http: httpx.Client, subject: str, permanent: bool) -> bool:
    path = f"/subjects/{quote(subject, safe=':')}"
    return http.delete(path, params={"permanent": str(permanent).lower()}).status_code == httpx.codes.OK


@contextmanager
def headwater_up(folder: Path) -> Iterator[Stack]:
    ports = ("--kafka-port", "0", "--admin-port", "0", "--registry-port", "0")
    where = ("--data", str(folder / "data"), "--host", "127.0.0.1", "--quiet")
    command = [sys.executable, "-m", "headwater.cli.main", "up", *where, *ports, *QUICK]
    log = folder / "log"
    with log.open("ab") as lines:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=lines, env=environment())
    assert process.stdout is not None
    try:
        ready = line_within(process.stdout, START_S).decode().split()
        assert ready[:1] == ["ready"], log.read_text()
        places = dict(each.split("=") for each in ready[1:])
        yield Stack(bootstrap=places["kafka"], registry=places["registry"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S) == 0, log.read_text()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(STOP_S)
        process.stdout.close()


@contextmanager
def beside_apache_kafka(folder: Path) -> Iterator[Stack]:
    with apache_kafka(KAFKA_4_3, folder / "kafka") as kafka:
        registry = RegistryProcess(folder, kafka.bootstrap).start()
        try:
            yield Stack(bootstrap=kafka.bootstrap, registry=registry.url)
        finally:
            registry.end()
