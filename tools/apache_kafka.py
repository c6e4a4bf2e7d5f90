"""Apache Kafka itself, from Maven Central: the judge of the conformance tests and the peer of the benchmarks.

The jars are resolved by Maven into the user's own repository and never copied. Everything that is started listens on
loopback, on a free port, and ends with the `with` block that started it.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BUILD: Final = Path(__file__).parent.parent / "build" / "kafka"
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0
TOOL_TIMEOUT_S: Final = 120.0

_DEPENDENCY: Final = """<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>
<exclusions>{exclusions}</exclusions></dependency>"""
_EXCLUSION: Final = "<exclusion><groupId>org.apache.kafka</groupId><artifactId>{name}</artifactId></exclusion>"
_POM: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>headwater</groupId><artifactId>apache-kafka</artifactId><version>1</version>
<dependencies>{dependencies}</dependencies></project>
"""
_LOGGING: Final = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.2")


class KafkaUnavailable(Exception):
    """Java or Maven is missing, or Maven Central can't be reached; says which."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of Apache Kafka, as a Java class path."""

    version: str
    artifacts: tuple[str, ...] = ("kafka_2.13", "kafka-tools", "kafka-shell", "kafka-streams")
    older: Mapping[str, str] = field(default_factory=dict)
    """Artifacts that Maven Central lacks in this version, and which one serves instead."""

    def classpath(self) -> str:
        """Resolved once; later calls read what Maven said then."""
        folder = BUILD / self.version
        found, asked = folder / "classpath", folder / "pom.xml"
        if not found.exists() or asked.read_text() != self._pom():
            _need("java", "mvn")
            folder.mkdir(parents=True, exist_ok=True)
            found.unlink(missing_ok=True)
            asked.write_text(self._pom())
            command = ["mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath.new"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode:
                raise KafkaUnavailable(f"Maven can't resolve Apache Kafka {self.version}: {done.stdout[-500:]}")
            (folder / "classpath.new").replace(found)
        return found.read_text().strip()

    def _pom(self) -> str:
        exclusions = "".join(_EXCLUSION.format(name=each) for each in self.older)
        wanted = [("org.apache.kafka", each, self.version) for each in self.artifacts]
        wanted += [("org.apache.kafka", each, version) for each, version in self.older.items()]
        dependencies = (
            _DEPENDENCY.format(group=group, name=name, version=version, exclusions=exclusions)
            for group, name, version in [*wanted, _LOGGING]
        )
        return _POM.format(dependencies="".join(dependencies))

    def java(self, main: str, *arguments: str, heap: str = "256m") -> list[str]:
        """The command that runs one of its classes."""
        return ["java", f"-Xmx{heap}", "-cp", self.classpath(), main, *arguments]

    def run(self, main: str, *arguments: str, stdin: str | None = None, timeout_s: float = TOOL_TIMEOUT_S) -> str:
        """What one of its tools prints. Raises CalledProcessError with all of it where it fails."""
        done = subprocess.run(
            self.java(main, *arguments), input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, main, done.stdout, done.stderr)
        return done.stdout


KAFKA_4_3: Final = Release(version="4.3.1")
KAFKA_4_4: Final = Release(version="4.4.0", artifacts=("kafka_2.13",), older={"kafka-tools-api": "4.3.1"})


@dataclass(frozen=True, kw_only=True)
class Server:
    """One running node."""

    port: int
    pid: int
    folder: Path
    seconds_to_open: float
    """From the start of the process to the moment when its port takes connections."""

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"


STANDALONE: Final = ("--standalone",)
"""A new folder's quorum: kraft.version 1, with itself as its one voter."""


@contextmanager
def apache_kafka(
    release: Release,
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    heap: str = "1g",
    made: Sequence[str] = STANDALONE,
    kill: bool = False,
) -> Iterator[Server]:
    """A combined broker and controller with Kafka's defaults, its data below `folder`.

    In `settings`, `{controller}` is the address that its controller listens on, and `{broker}` the one that its port is awaited
    at. A new folder is formatted as `made` says. With `kill` it is not asked to stop at the end.
    """
    port, controller = free_port(), free_port()
    properties = _write_properties(folder, port, controller, settings or {})
    _format(release, properties, folder, made)
    began = time.monotonic()
    with (folder / "server.log").open("w") as out:
        process = subprocess.Popen(
            release.java("kafka.Kafka", str(properties), heap=heap), stdout=out, stderr=subprocess.STDOUT, cwd=folder
        )
    try:
        wait_for_port(port, process, timeout_s=START_TIMEOUT_S)
        took = time.monotonic() - began
        yield Server(port=port, pid=process.pid, folder=folder, seconds_to_open=took)
    finally:
        if kill:
            process.kill()
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def format_folder(
    release: Release, folder: Path, *, settings: Mapping[str, str] | None = None, made: Sequence[str] = STANDALONE
) -> None:
    """What `apache_kafka` would begin with, without a start."""
    _format(release, _write_properties(folder, free_port(), free_port(), settings or {}), folder, made)


def _write_properties(folder: Path, port: int, controller: int, settings: Mapping[str, str]) -> Path:
    properties = folder / "server.properties"
    folder.mkdir(parents=True, exist_ok=True)
    places = {"{controller}": f"127.0.0.1:{controller}", "{broker}": f"127.0.0.1:{port}"}
    given = dict(settings)
    for place, address in places.items():
        given = {name: value.replace(place, address) for name, value in given.items()}
    properties.write_text(_properties(folder / "data", port, controller, given))
    return properties


def _format(release: Release, properties: Path, folder: Path, made: Sequence[str]) -> None:
    if (folder / "data" / "meta.properties").exists():
        return
    cluster = ("-t", "4L6g3nShT-eMCtK--X86sw", "-c", str(properties))
    release.run("kafka.tools.StorageTool", "format", *cluster, *made)


def _properties(data: Path, port: int, controller: int, settings: Mapping[str, str]) -> str:
    own = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }
    if "controller.quorum.voters" in settings:
        del own["controller.quorum.bootstrap.servers"]
    return "".join(f"{name}={value}\n" for name, value in {**own, **settings}.items())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", *, timeout_s: float) -> None:
    """Until the port takes connections. Raises RuntimeError if the process ends first, TimeoutError after the deadline."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the process ended with {process.returncode} before its port was open")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"port {port} is not open after {timeout_s} s")


def _need(*programs: str) -> None:
    missing = [each for each in programs if shutil.which(each, path=os.environ.get("PATH")) is None]
    if missing:
        raise KafkaUnavailable(f"{' and '.join(missing)} must be installed to run Apache Kafka")
