"""Real registries in processes of their own, beside one cluster: started, stopped, killed, stopped in the middle and woken."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import IO, Any

import httpx
from tests.e2e.process import environment, free_port, line_within

START_S = 60.0
STOP_S = 30.0
SOON_S = 30.0
A_MOMENT_S = 0.05
TAIL = 4_000
SETTINGS: Mapping[str, str] = {"host.name": "127.0.0.1", "kafkastore.topic.replication.factor": "1"}


class RegistryProcess:
    """`as_client` is how an https one is asked: what httpx takes besides its address."""

    def __init__(
        self,
        folder: Path,
        bootstrap: str,
        *,
        settings: Mapping[str, str] | None = None,
        as_client: Mapping[str, Any] | None = None,
    ) -> None:
        self.port = free_port()
        scheme = "http" if as_client is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._bootstrap = bootstrap
        self._settings = {"listeners": self.url, **SETTINGS, **(settings or {})}
        self._as_client = dict(as_client or {})
        self._log = folder / f"registry-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def launch(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=SOON_S, **self._as_client)
        pairs = [part for pair in self._settings.items() for part in ("--set", "=".join(pair))]
        command = [sys.executable, "-m", "headwater.cli.main", "registry", "--bootstrap", self._bootstrap, *pairs]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment())

    def wait(self) -> None:
        line = line_within(self._stdout, START_S)
        assert line.startswith(b"ready "), self.log_tail()

    def start(self) -> "RegistryProcess":
        self.launch()
        self.wait()
        return self

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self.send(number)
        try:
            return self._process.wait(STOP_S)
        finally:
            self._process.kill()
            self._process.wait(STOP_S)
            self._stdout.close()
            self._process = None
            self.client.close()

    def refuses_to_start(self) -> str:
        """What it says of why; that it ends by itself is awaited."""
        self.launch()
        assert self._process is not None
        assert self._process.wait(START_S) == 1, self.log_tail()
        self.end()
        return self.log_tail()

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-TAIL:]

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    # --- asking it

    def set_level(self, subject: str, level: str) -> int:
        """The status."""
        return self.client.put(f"/config/{subject}", json={"compatibility": level}).status_code

    def level(self, subject: str) -> str | None:
        answer = self.client.get(f"/config/{subject}")
        return answer.json()["compatibilityLevel"] if answer.status_code == 200 else None

    def register(self, subject: str, schema: str) -> int | None:
        """The id, where it says one."""
        answer = self.client.post(f"/subjects/{subject}/versions", json={"schema": schema})
        id_: int | None = answer.json()["id"] if answer.status_code == 200 else None
        return id_

    def schema(self, id_: int) -> str | None:
        answer = self.client.get(f"/schemas/ids/{id_}")
        schema: str | None = answer.json()["schema"] if answer.status_code == 200 else None
        return schema

    def writes(self) -> bool:
        lines = self.client.get("/metrics").text.splitlines()
        return "headwater_registry_writes 1" in lines


def eventually(happens: Callable[[], bool], *, within_s: float = SOON_S) -> float:
    """After how many seconds it did."""
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < within_s, "it did not happen in time"
        Event().wait(A_MOMENT_S)
    return time.monotonic() - began


def writer_of(registries: list[RegistryProcess]) -> RegistryProcess:
    """Once there is one."""
    eventually(lambda: sum(each.writes() for each in registries) == 1)
    return next(each for each in registries if each.writes())
