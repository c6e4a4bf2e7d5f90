"""A real broker in a process of its own: started on free ports, stopped kindly or by kill -9, started again on its folder.

Whatever it logs goes into a file beside its folder, and is shown when it doesn't do what it should.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 30.0
TAIL = 4_000

QUICK: Mapping[str, str] = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "100",
    "log.segment.delete.delay.ms": "100",
    "offsets.topic.num.partitions": "5",
    "share.coordinator.state.topic.num.partitions": "5",
    "transaction.state.log.num.partitions": "5",
    "offsets.topic.replication.factor": "1",
}
"""Settings with which no test waits for what a person would not notice."""
BRISK: Mapping[str, str] = {
    "group.consumer.min.heartbeat.interval.ms": "50",
    "group.consumer.heartbeat.interval.ms": "50",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.assignment.interval.ms": "0",
}
"""Heartbeats of consumer groups as often as tests want them, which is for brokers that serve a few members only."""


class Process:
    """A running broker. `port` stays the same when it is started again."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *, port: int = 0) -> None:
        self.folder = folder
        self.settings = dict(settings)
        self.port = port or free_port()
        self.admin_port = 0
        self._log = folder.with_name(f"{folder.name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Until it says that it is ready."""
        self.launch()
        assert self._process is not None
        assert self._process.stdout is not None
        line = line_within(self._process.stdout, START_DEADLINE_S)
        if not line:
            self.kill()
            raise AssertionError(f"the broker did not start:\n{self.log_tail()}")
        self.admin_port = json.loads(line)["admin"][1]

    def launch(self) -> None:
        """Begin to start, for those who don't want to wait until it is ready."""
        given = {"listeners": f"PLAINTEXT://127.0.0.1:{self.port}"} | self.settings
        command = [sys.executable, "-m", "tests.e2e.serve", str(self.folder), *(f"{k}={v}" for k, v in given.items())]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, env=environment())

    def kill(self) -> None:
        """kill -9: nothing that the process still wanted to do is done."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and the status that it ends with."""
        return self._end(signal.SIGTERM)

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-TAIL:]

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        process.send_signal(number)
        try:
            status = process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_DEADLINE_S)
            raise AssertionError(f"the broker did not stop in {STOP_DEADLINE_S} s:\n{self.log_tail()}") from None
        finally:
            assert process.stdout is not None
            process.stdout.close()
        self._process = None
        return status


def start(folder: Path, settings: Mapping[str, str] = QUICK) -> Process:
    process = Process(folder, settings)
    process.start()
    return process


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}


def free_port() -> int:
    """A port that nobody has now. A broker that is started again needs one that it can name beforehand."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def line_within(stream: IO[bytes], seconds: float) -> bytes:
    """The first line, or nothing if the stream ends or is silent for so long."""
    line = b""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        ready.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n") and ready.select(max(0.0, deadline - time.monotonic())):
            some = os.read(stream.fileno(), 4096)
            if not some:
                return b""
            line += some
    return line if line.endswith(b"\n") else b""
